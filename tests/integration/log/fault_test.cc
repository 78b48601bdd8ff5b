// The embedded engine on a disk that fills up, fails or loses power: what is acknowledged is synced, what is
// not synced is not visible, and a full disk is no reason to die.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "fault_file_system.h"
#include "log/embedded/embedded_log.h"
#include "temporary_folder.h"

namespace paytick::log::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr TopicPartition kInputs{Topic::heartbeats, PartitionId{0}};
constexpr milliseconds kPatience{20'000};

template <typename F>
bool eventually(F&& holds) {
  const auto deadline = steady_clock::now() + kPatience;
  while (!holds()) {
    if (steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds{1});
  }
  return true;
}

class Fault : public ::testing::Test {
 protected:
  void SetUp() override { open(); }
  void TearDown() override { log_.reset(); }

  void open() {
    log_.reset();
    auto opened = EmbeddedLog::open(
        {.folder = folder_.path, .partitions = 2, .memory_bytes = 8 << 20, .env = env_.get()});
    ASSERT_TRUE(opened) << opened.error().message;
    log_ = std::move(*opened);
  }
  Result<std::vector<Offset>> append(std::string value = "x") {
    const NewRecord record{kInputs, TimeMs{1}, "", std::move(value)};
    return log_->append(std::span(&record, 1));
  }
  std::vector<std::string> values() {
    std::vector<std::string> out;
    const auto some = log_->read(kInputs, Offset{}, 64 << 20);
    EXPECT_TRUE(some) << some.error().message;
    if (some)
      for (const Record& record : *some) out.push_back(record.value);
    return out;
  }
  std::int64_t end() { return static_cast<std::int64_t>(log_->range(kInputs)->end); }

  TemporaryFolder folder_;
  std::shared_ptr<FaultFileSystem> disk_ = std::make_shared<FaultFileSystem>();
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(disk_);
  std::unique_ptr<EmbeddedLog> log_;
};

TEST_F(Fault, DataIsSyncedBeforeItIsAcknowledged) {
  const auto lease = log_->acquire(Role::aggregator, PartitionId{0});
  ASSERT_TRUE(lease);
  for (int i = 0; i < 100; ++i) {
    const auto before = disk_->wal();
    if (i % 2 == 0) {
      ASSERT_TRUE(append(std::string(1'000, 'x')));
    } else {
      ASSERT_TRUE(log_->commit({*lease, {{kInputs, TimeMs{1}, "", std::string(1'000, 'y')}}, Offset{i}}));
    }
    const auto after = disk_->wal();
    EXPECT_GE(after.written, before.written + 1'000);  // it went through the WAL …
    EXPECT_EQ(after.synced, after.written);  // … and all of that was synced when the call returned
    EXPECT_GT(after.syncs, before.syncs);
  }
}

TEST_F(Fault, WhatIsNotSyncedIsNotVisible) {
  ASSERT_TRUE(append("first"));
  disk_->hold_syncs(true);
  std::atomic<bool> acknowledged = false;
  std::jthread writer([&] {
    EXPECT_TRUE(append("second"));
    acknowledged = true;
  });
  ASSERT_TRUE(eventually([&] { return disk_->wal().written > disk_->wal().synced; }));
  EXPECT_FALSE(acknowledged);
  EXPECT_EQ(end(), 1);
  EXPECT_EQ(values(), std::vector<std::string>{"first"});
  EXPECT_FALSE(log_->wait(kInputs, Offset{1}, milliseconds{5}));
  disk_->hold_syncs(false);
  EXPECT_TRUE(log_->wait(kInputs, Offset{1}, kPatience));
  EXPECT_EQ(values(), (std::vector<std::string>{"first", "second"}));
}

TEST_F(Fault, ConcurrentWritesShareASync) {
  disk_->hold_syncs(true);
  const std::uint64_t before = disk_->wal().syncs;
  std::vector<std::jthread> writers;
  for (int w = 0; w < 16; ++w) writers.emplace_back([&] { EXPECT_TRUE(append()); });
  // The first is in its sync; the others must have come before it ends.
  ASSERT_TRUE(eventually([&] { return log_->metrics().waiting == 16; }));
  disk_->hold_syncs(false);
  writers.clear();
  EXPECT_EQ(end(), 16);
  EXPECT_LE(disk_->wal().syncs - before, 2U);
}

TEST_F(Fault, APowerFailureLosesNothingAcknowledged) {
  for (int round = 0; round < 6; ++round) {
    std::map<std::int64_t, std::string> acknowledged;
    std::mutex mutex;
    std::atomic<int> count = 0;
    std::vector<std::jthread> writers;
    for (int w = 0; w < 4; ++w)
      writers.emplace_back([&, w] {
        for (int i = 0;; ++i) {
          const std::string value =
              std::to_string(w) + ":" + std::to_string(i) + std::string(i % 5 == 0 ? 60'000 : 5, '.');
          const auto done = append(value);
          if (!done) return;
          const std::lock_guard lock(mutex);
          acknowledged[static_cast<std::int64_t>(done->front())] = value;
          ++count;
        }
      });
    ASSERT_TRUE(eventually([&] { return count >= 100 + 40 * round; }));
    disk_->set_fault(DiskFault::broken_on_sync);  // from here on nothing becomes durable
    writers.clear();
    log_.reset();
    disk_->lose_unsynced(/*torn_tail=*/round % 2 == 1);
    disk_->set_fault(DiskFault::none);
    open();
    for (const auto& [offset, value] : acknowledged) {
      const auto some = log_->read(kInputs, Offset{offset}, 1);
      ASSERT_TRUE(some && some->size() == 1) << "offset " << offset << " is lost";
      ASSERT_EQ(some->front().value, value);
    }
  }
}

TEST_F(Fault, AFullDiskRefusesWritesKeepsReadersAndRecovers) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(append("kept"));
  const auto lease = log_->acquire(Role::aggregator, PartitionId{0});
  ASSERT_TRUE(lease);
  disk_->set_fault(DiskFault::full);
  for (int i = 0; i < 3; ++i) {
    const auto refused = append(std::string(10'000, 'n'));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "log_full");
    EXPECT_EQ(refused.error().next, Next::retry);
    EXPECT_EQ(log_->commit({*lease, {}, Offset{3}}).error().code, "log_full");
    EXPECT_EQ(values(), std::vector<std::string>(5, "kept"));
  }
  EXPECT_TRUE(log_->metrics().full);
  disk_->set_fault(DiskFault::none);
  ASSERT_TRUE(eventually([&] { return append("after").has_value(); }));
  EXPECT_EQ(end(), 6);
  EXPECT_TRUE(log_->commit({*lease, {}, Offset{4}}));
  EXPECT_FALSE(log_->metrics().full);
  open();
  EXPECT_EQ(end(), 6);
  EXPECT_EQ(values().back(), "after");
  EXPECT_EQ(*log_->position(Role::aggregator, PartitionId{0}), Offset{4});
}

TEST_F(Fault, AFullDiskThatIsNeverFreedLosesNothingOverARestart) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(append("kept"));
  disk_->set_fault(DiskFault::full);
  EXPECT_EQ(append(std::string(100'000, 'n')).error().code, "log_full");
  EXPECT_EQ(append().error().code, "log_full");
  log_.reset();
  disk_->set_fault(DiskFault::none);
  open();
  EXPECT_EQ(values(), std::vector<std::string>(5, "kept"));
}

TEST_F(Fault, ASyncThatFailsForSpaceIsInDoubtAndThenSettled) {
  ASSERT_TRUE(append("kept"));
  disk_->set_fault(DiskFault::full_on_sync);
  const auto unknown = append("doubtful");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, "in_doubt");
  EXPECT_EQ(unknown.error().next, Next::in_doubt);
  EXPECT_EQ(append().error().code, "log_full");
  EXPECT_EQ(end(), 1);
  disk_->set_fault(DiskFault::none);
  ASSERT_TRUE(eventually([&] { return append("after").has_value(); }));
  const auto settled = values();
  open();
  EXPECT_EQ(values(), settled);  // whichever it was, it stays
}

TEST_F(Fault, AfterAnIoErrorNothingIsWrittenUntilARestart) {
  for (const DiskFault fault : {DiskFault::broken, DiskFault::broken_on_sync}) {
    const std::int64_t kept = end() + 1;
    ASSERT_TRUE(append("kept"));
    disk_->set_fault(fault);
    EXPECT_EQ(append("doubtful").error().code, "in_doubt");
    disk_->set_fault(DiskFault::none);
    const auto refused = append();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "log_io");
    EXPECT_EQ(refused.error().next, Next::fatal);
    EXPECT_TRUE(log_->metrics().broken);
    EXPECT_EQ(end(), kept);
    EXPECT_EQ(values().back(), "kept");
    open();
    EXPECT_GE(end(), kept);
    EXPECT_LE(end(), kept + 1);
    EXPECT_TRUE(append("after"));
  }
}

}  // namespace
}  // namespace paytick::log::testing
