// The faults of the memory engine; that it is a log at all is the conformance suite's matter.

#include "log/memory/memory_log.h"

#include <gtest/gtest.h>

namespace paytick::log {
namespace {

constexpr TopicPartition kTicks{Topic::ticks, PartitionId{0}};

class MemoryLogFaults : public ::testing::Test {
 protected:
  Result<std::vector<Offset>> append() {
    const NewRecord r{kTicks, TimeMs{1}, "", "x"};
    return log_.append(std::span(&r, 1));
  }
  Result<std::vector<Offset>> commit(const Lease& lease) {
    return log_.commit({lease, {{kTicks, TimeMs{1}, "", "x"}}, Offset{5}});
  }
  static std::int64_t size_of(const MemoryImage& image) {
    return static_cast<std::int64_t>(image.range(kTicks).end);
  }
  std::int64_t size() { return size_of(log_.image()); }

  MemoryLog log_{MemoryOptions{.partitions = 2, .wait_blocks = false}};
};

TEST_F(MemoryLogFaults, FailNextCountsAndKeepsOrder) {
  log_.fail_next(Fault::busy, 2);
  log_.fail_next(Fault::full);
  EXPECT_EQ(append().error().code, "log_busy");
  EXPECT_EQ(append().error().next, Next::retry);
  EXPECT_EQ(append().error().code, "log_full");
  EXPECT_EQ(size(), 0);
  EXPECT_TRUE(append());
  EXPECT_EQ(size(), 1);
}

TEST_F(MemoryLogFaults, InDoubtMeansEither) {
  log_.fail_next(Fault::in_doubt_applied);
  log_.fail_next(Fault::in_doubt_dropped);
  EXPECT_EQ(append().error().next, Next::in_doubt);
  EXPECT_EQ(size(), 1);
  EXPECT_EQ(append().error().next, Next::in_doubt);
  EXPECT_EQ(size(), 1);
}

TEST_F(MemoryLogFaults, AFencedCommitLosesItsLease) {
  const Lease lease = log_.acquire(Role::aggregator, PartitionId{0}).value();
  log_.fail_next(Fault::fenced);
  EXPECT_EQ(commit(lease).error().code, "fenced");
  EXPECT_EQ(commit(lease).error().code, "fenced");  // for good
  EXPECT_EQ(size(), 0);
  const Lease again = log_.acquire(Role::aggregator, PartitionId{0}).value();
  EXPECT_EQ(again.epoch, Epoch{3});
  EXPECT_TRUE(commit(again));
}

TEST_F(MemoryLogFaults, ACrashKeepsWhatWasAcknowledged) {
  ASSERT_TRUE(append());
  log_.fail_next(Fault::crash_before);
  EXPECT_EQ(append().error().next, Next::in_doubt);
  EXPECT_TRUE(log_.crashed());
  EXPECT_EQ(append().error().code, "log_io");
  EXPECT_EQ(log_.range(kTicks).error().next, Next::fatal);
  EXPECT_FALSE(log_.wait(kTicks, Offset{0}, std::chrono::milliseconds{0}));

  MemoryLog next(MemoryOptions{}, log_.image());
  EXPECT_EQ(next.partitions(), 2U);  // the image's count rules
  EXPECT_EQ(size_of(next.image()), 1);
  next.fail_next(Fault::crash_after);
  const NewRecord r{kTicks, TimeMs{1}, "", "y"};
  EXPECT_EQ(next.append(std::span(&r, 1)).error().next, Next::in_doubt);
  EXPECT_EQ(size_of(next.image()), 2);
}

TEST_F(MemoryLogFaults, AnImageIsACopy) {
  ASSERT_TRUE(append());
  const MemoryImage before = log_.image();
  ASSERT_TRUE(append());
  EXPECT_EQ(size_of(before), 1);
  EXPECT_EQ(size(), 2);
}

TEST_F(MemoryLogFaults, TheFaultSourceIsAskedOncePerWrite) {
  std::vector<Write> asked;
  log_.set_fault_source([&](Write kind) {
    asked.push_back(kind);
    return Fault::none;
  });
  const Lease lease = log_.acquire(Role::settler, PartitionId{1}).value();
  ASSERT_TRUE(append());
  ASSERT_TRUE(commit(lease));
  ASSERT_TRUE(log_.trim(kTicks, Offset{1}));
  EXPECT_EQ(asked, (std::vector<Write>{Write::acquire, Write::append, Write::commit, Write::trim}));
}

}  // namespace
}  // namespace paytick::log
