#include <gtest/gtest.h>

#include <cstring>

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

  void restore(std::string_view session, std::string_view attachment) {
    directory_.restore(viewer_, derive_session_id(platform_, session), id_of(attachment));
  }
  AttachmentId id_of(std::string_view attachment) const {
    return derive_attachment_id(platform_, viewer_, attachment);
  }
  void sweep_all() {
    for (int i = 0; i < 16; ++i) directory_.sweep(now_);
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
  restore("s", "a");
  ViewerId other;
  EXPECT_EQ(directory_.open(platform_, "s", "z", other, now_).error().code, "session_conflict");
  EXPECT_EQ(find("s", "a"), "");
  EXPECT_EQ(find("s", "b"), "unknown_session");
}

TEST_F(DirectoryTest, WhatAnotherGatewayStoppedIsClosedHere) {
  restore("s", "a");
  directory_.close(id_of("a"), now_);
  restore("s", "a");  // its open, once more
  EXPECT_EQ(find("s", "a"), "session_closed");
  EXPECT_EQ(directory_.open(platform_, "s", "a", viewer_, now_).error().code, "session_closed");
  EXPECT_EQ(find("s", "a", true), "") << "a stop may be repeated";
  directory_.open(platform_, "s", "b", viewer_, now_);
  directory_.close(id_of("b"), now_);
  EXPECT_EQ(find("s", "b"), "session_closed");
}

TEST_F(DirectoryTest, WhatOthersOpenedIsForgottenAfterLongSilence) {
  sweep_all();
  restore("s", "a");
  restore("t", "a2");
  EXPECT_EQ(find("t", "a2"), "");
  now_ = now_ + kSilentKeptMs;
  sweep_all();
  EXPECT_EQ(find("s", "a"), "") << "for so long it is kept at least";
  now_ = now_ + kSilentKeptMs;
  sweep_all();
  EXPECT_EQ(directory_.size(), 0U);
  EXPECT_EQ(find("s", "a"), "unknown_session");
  EXPECT_EQ(directory_.open(platform_, "t", "a2", viewer_, now_)->entry.attachment, id_of("a2"));
}

TEST_F(DirectoryTest, WhatOthersOpenIsBounded) {
  constexpr std::size_t kMax = 100;
  SessionDirectory small(8, random_, kMax);
  const auto restore = [&](std::string_view name) {
    small.restore(viewer_, derive_session_id(platform_, name), id_of(name));
  };
  restore("first");
  for (std::size_t i = 0; i < 2 * kMax; ++i) {
    SessionId session;
    AttachmentId attachment;
    std::memcpy(session.bytes.data(), &i, sizeof i);
    std::memcpy(attachment.bytes.data(), &i, sizeof i);
    small.restore(viewer_, session, attachment);
  }
  EXPECT_EQ(small.find(platform_, "first", "first", false, now_).error().code, "unknown_session");
  restore("last");
  EXPECT_TRUE(small.find(platform_, "last", "last", false, now_));
}

}  // namespace
}  // namespace paytick::ingest
