#include <gtest/gtest.h>

#include "core_fixture.h"
#include "model/name_ids.h"
#include "model/partition.h"

namespace paytick::ingest {
namespace {

class DirectoryTest : public ::testing::Test {
 protected:
  DirectoryTest() {
    platform_.bytes.fill(1);
    viewer_.bytes.fill(2);
  }
  std::string find(std::string_view session, std::string_view attachment, bool stop = false) {
    const auto found = directory_.find(platform_, session, attachment, stop, now_);
    return found ? "" : found.error().code;
  }

  CountingRandom random_;
  SessionDirectory directory_{8, random_};
  PlatformId platform_;
  ViewerId viewer_;
  TimeMs now_{1'000};
};

TEST_F(DirectoryTest, NamesBelongToTheirPlatform) {
  const auto opened = directory_.open(platform_, "s", "a", viewer_, now_);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->entry.session, derive_session_id(platform_, "s"));
  EXPECT_EQ(opened->entry.partition, partition_of(viewer_, 8));
  PlatformId other;
  EXPECT_EQ(directory_.find(other, "s", "a", false, now_).error().code, "unknown_session");
  EXPECT_EQ(find("s", "a"), "");
  EXPECT_EQ(find("sa", ""), "unknown_session");
}

TEST_F(DirectoryTest, ARepeatGivesTheSameIds) {
  const auto one = directory_.open(platform_, "s", "a", viewer_, now_);
  const auto two = directory_.open(platform_, "s", "a", viewer_, now_);
  EXPECT_EQ(one->entry.session, two->entry.session);
  EXPECT_EQ(one->entry.attachment, two->entry.attachment);
  EXPECT_FALSE(two->resume);
}

TEST_F(DirectoryTest, AnotherAttachmentResumesTheSession) {
  const auto one = directory_.open(platform_, "s", "a", viewer_, now_);
  const auto two = directory_.open(platform_, "s", "b", viewer_, now_);
  EXPECT_EQ(two->resume, one->entry.session);
  EXPECT_NE(two->entry.session, one->entry.session) << "should the old one have closed, the new needs an id";
}

TEST_F(DirectoryTest, AStopMayBeRepeatedAndAHeartbeatAfterItMayNot) {
  directory_.open(platform_, "s", "a", viewer_, now_);
  EXPECT_EQ(find("s", "a", true), "");
  EXPECT_EQ(find("s", "a", true), "");
  EXPECT_EQ(find("s", "a"), "session_closed");
  EXPECT_EQ(directory_.open(platform_, "s", "a", viewer_, now_).error().code, "session_closed");
}

TEST_F(DirectoryTest, EntriesExpireAfterClosingAndAfterLongSilence) {
  directory_.open(platform_, "s", "a", viewer_, now_);
  directory_.open(platform_, "t", "a", viewer_, now_);
  find("s", "a", true);
  now_ = now_ + kClosedKeptMs;
  for (int i = 0; i < 16; ++i) directory_.sweep(now_);
  EXPECT_EQ(directory_.size(), 1U);
  now_ = now_ + kSilentKeptMs;
  for (int i = 0; i < 16; ++i) directory_.sweep(now_);
  EXPECT_EQ(directory_.size(), 0U);
}

TEST_F(DirectoryTest, ANameIsNotFreeWhileSomebodyWatches) {
  directory_.open(platform_, "s", "a", viewer_, now_);
  for (int day = 0; day < 3; ++day) {
    now_ = now_ + 86'400'000;
    EXPECT_EQ(find("s", "a"), "");
    for (int i = 0; i < 16; ++i) directory_.sweep(now_);
  }
  ViewerId other;
  EXPECT_EQ(directory_.open(platform_, "s", "z", other, now_).error().code, "session_conflict");
}

TEST_F(DirectoryTest, ForgettingAnOpenLeavesNothingBehind) {
  const auto opened = directory_.open(platform_, "s", "a", viewer_, now_);
  directory_.forget(opened->keys);
  EXPECT_EQ(find("s", "a"), "unknown_session");
  const auto again = directory_.open(platform_, "s", "a", viewer_, now_);
  EXPECT_EQ(again->entry.session, opened->entry.session);
  EXPECT_FALSE(again->resume);
}

TEST_F(DirectoryTest, ARestartKeepsWhoOwnsAName) {
  directory_.restore_session(derive_session_id(platform_, "s"), viewer_);
  directory_.restore_attachment(derive_attachment_id(platform_, viewer_, "a"));
  ViewerId other;
  EXPECT_EQ(directory_.open(platform_, "s", "z", other, now_).error().code, "session_conflict");
  EXPECT_EQ(find("s", "a"), "");
  EXPECT_EQ(find("s", "b"), "unknown_session");
}

}  // namespace
}  // namespace paytick::ingest
