// Disk space of the embedded engine: the limit holds at every moment, and what is forgotten comes back.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "log/embedded/embedded_log.h"
#include "temporary_folder.h"

namespace paytick::log::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr TopicPartition kInputs{Topic::heartbeats, PartitionId{0}};
constexpr TopicPartition kSnapshots{Topic::snapshots, PartitionId{0}};
constexpr milliseconds kPatience{30'000};

std::string noise(std::size_t bytes, std::uint64_t seed) {  // no compression makes it smaller
  std::mt19937_64 random(seed);
  std::string out(bytes, '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

template <typename F>
bool eventually(F&& holds) {
  const auto deadline = steady_clock::now() + kPatience;
  while (!holds()) {
    if (steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds{5});
  }
  return true;
}

Result<std::vector<Offset>> append(EventLog& log, TopicPartition to, std::string value,
                                   std::string key = {}) {
  const NewRecord record{to, TimeMs{1}, std::move(key), std::move(value)};
  return log.append(std::span(&record, 1));
}

TEST(Space, TheFolderNeverPassesItsLimit) {
  const TemporaryFolder folder;
  constexpr std::uint64_t kLimit = 48 << 20;
  const auto log = EmbeddedLog::open({.folder = folder.path, .bytes_max = kLimit}).value();
  std::atomic<bool> over = false;
  std::vector<std::jthread> writers;
  for (std::uint64_t w = 0; w < 3; ++w)
    writers.emplace_back([&, w] {
      for (int refused = 0; refused < 200;) {
        const auto done = append(*log, kInputs, noise(100'000, w));
        if (!done) {
          EXPECT_EQ(done.error().code, "log_full");
          ++refused;
        }
        if (log->metrics().on_disk > kLimit) over = true;
      }
    });
  writers.clear();
  EXPECT_FALSE(over);
  EXPECT_TRUE(log->metrics().full);
  EXPECT_GT(log->metrics().bytes, kLimit / 4);
}

TEST(Space, TrimmedSpaceComesBack) {
  const TemporaryFolder folder;
  const auto log =
      EmbeddedLog::open({.folder = folder.path, .memory_bytes = 16 << 20, .reclaim_every_ms = 50}).value();
  Offset last{};
  for (std::uint64_t i = 0; i < 200; ++i) last = append(*log, kInputs, noise(256 << 10, i)).value().front();
  EXPECT_GT(log->metrics().on_disk, 40U << 20);
  ASSERT_TRUE(log->trim(kInputs, last));
  EXPECT_TRUE(eventually([&] { return log->metrics().on_disk < (16U << 20); })) << log->metrics().on_disk;
  EXPECT_EQ(log->read(kInputs, last, 1)->front().value, noise(256 << 10, 199));
}

TEST(Space, SupersededSnapshotsDoNotFillTheLog) {
  const TemporaryFolder folder;
  const auto log = EmbeddedLog::open({.folder = folder.path, .bytes_max = 64 << 20}).value();
  for (std::uint64_t round = 0; round < 100; ++round)  // 200 MiB through 64
    for (int chunk = 0; chunk < 8; ++chunk) {
      const std::string key = "p0/chunk" + std::to_string(chunk);
      ASSERT_TRUE(eventually([&] {
        return append(*log, kSnapshots, noise(256 << 10, round * 8 + static_cast<std::uint64_t>(chunk)), key)
            .has_value();
      })) << "round "
          << round << ", " << log->metrics().on_disk;
    }
  EXPECT_EQ(log->latest(kSnapshots, "p0/chunk3").value()->value, noise(256 << 10, 99 * 8 + 3));
  EXPECT_EQ(log->read(kSnapshots, Offset{}, 64 << 20)->size(), 8U);
}

}  // namespace
}  // namespace paytick::log::testing
