// What a gateway reads of the others' sessions, and tells its guard.
#include <gtest/gtest.h>

#include "core_fixture.h"
#include "ingest/commands/guard_desk.h"
#include "ingest/meter_directory.h"
#include "log/memory/memory_log.h"
#include "model/codec.h"

namespace paytick::ingest {
namespace {

constexpr TimeMs kNow{1'800'000'000'000};

class MeterFollowerTest : public ::testing::Test {
 protected:
  MeterFollowerTest() {
    viewer_.bytes.fill(1);
    theirs_.bytes.fill(2);
  }
  void write(const std::vector<Input>& inputs) {
    std::string lines;
    for (const Input& input : inputs) codec::write(input, lines);
    const log::NewRecord record{{log::Topic::heartbeats, PartitionId{0}}, kNow, {}, lines};
    ASSERT_TRUE(log_.append({&record, 1}));
  }
  Open open() const {
    Open e;
    e.session.bytes.fill(3);
    e.attachment = theirs_;
    e.viewer = viewer_;
    e.plan.heartbeat_ms = 10'000;
    e.at = kNow;
    return e;
  }
  Heartbeat beat(std::int64_t after_ms) const { return {open().session, theirs_, 1, kNow + after_ms}; }
  // Whether another screen of the viewer, opened here, is one too many.
  bool is_one_too_many(std::int64_t after_ms) {
    AttachmentId ours;
    ours.bytes.fill(static_cast<std::uint8_t>(++opened_ + 10));
    const bool too_many = guard_.opened(viewer_, ours, 10'000, kNow + after_ms).has_value();
    guard_.left(ours);
    return too_many;
  }
  void read(bool with_sessions = true) {
    const auto moved = follower_.pump(with_sessions ? &sessions_ : nullptr);
    ASSERT_TRUE(moved) << moved.error().message;
  }

  log::MemoryLog log_{{.partitions = 1, .wait_blocks = false}};
  CountingRandom random_;
  SessionDirectory sessions_{1, random_};
  MeterDirectory meters_;
  GuardDesk guard_{{.screens_max = 1}};
  MeterFollower follower_{log_, meters_, {}, &guard_};
  ViewerId viewer_;
  AttachmentId theirs_;
  int opened_ = 0;
};

TEST_F(MeterFollowerTest, AScreenElsewhereCountsAsLongAsItBeats) {
  write({open(), beat(10'000)});
  write({beat(20'000)});
  read();
  EXPECT_TRUE(is_one_too_many(25'000));
  write({beat(30'000)});
  read();
  EXPECT_FALSE(is_one_too_many(50'000)) << "it is silent";
}

TEST_F(MeterFollowerTest, UntilItsStop) {
  write({open(), beat(10'000)});
  write({Stop{open().session, theirs_, kNow + 11'000}});
  read();
  EXPECT_FALSE(is_one_too_many(12'000));
}

TEST_F(MeterFollowerTest, WithoutSessionsNothingOfThemIsRead) {
  write({open(), beat(10'000)});
  read(false);
  EXPECT_FALSE(is_one_too_many(5'000));
}

}  // namespace
}  // namespace paytick::ingest
