#pragma once
// The durable EventLog engine of one machine: one process, one folder, RocksDB underneath (README.md says
// why).
//
// A write is acknowledged, and visible to readers, only after its WAL record is synced to disk. Writes that
// arrive while a sync is under way share the next one; each group is one WAL record: it stands or falls as a
// whole, and no later group can be durable without it.
//
// Failures, besides the port's (opening): "log_locked" another process has the folder open; "log_partitions"
// it was created with another count; "log_version" a newer paytick wrote it; all fatal. After a failed sync
// the answer is "in_doubt". After an I/O error other than a full disk every further write is "log_io":
// restart, the WAL decides. A full disk (or bytes_max) is "log_full" until there is room again, without a
// restart.

#include <cstdint>
#include <filesystem>
#include <memory>

#include "log/event_log.h"

namespace rocksdb {
class Env;
}

namespace paytick::log {

struct EmbeddedOptions {
  std::filesystem::path folder;  // created with mode 0700 if missing
  std::uint32_t partitions = 4;  // 1 … kPartitionsMax; must be what the log was created with
  std::uint64_t bytes_max = 0;   // of the folder; 0: as much as the disk holds. Appends are refused at 95 %:
                                 // the rest is for steps, which move positions on so that one can trim
  std::size_t memory_bytes = 192 << 20;    // of write buffers; caches come on top with kCacheBytes
  std::int64_t reclaim_every_ms = 60'000;  // how often trimmed space is given back (at once when full)
  rocksdb::Env* env = nullptr;             // tests inject faults here; must outlive the log
};

inline constexpr std::size_t kCacheBytes = 16 << 20;

class EmbeddedLog final : public EventLog {
 public:
  static Result<std::unique_ptr<EmbeddedLog>> open(const EmbeddedOptions& options);
  ~EmbeddedLog() override;  // no call may be under way

  std::uint32_t partitions() const override;
  Result<std::vector<Offset>> append(std::span<const NewRecord> records) override;
  Result<Lease> acquire(Role role, PartitionId partition, Epoch at_least = Epoch{1}) override;
  Result<std::vector<Offset>> commit(const Step& step) override;
  Result<std::optional<Offset>> position(Role role, PartitionId partition) override;
  Result<std::vector<Record>> read(TopicPartition tp, Offset from, std::size_t max_bytes) override;
  Result<std::optional<Record>> latest(TopicPartition tp, std::string_view key) override;
  Result<Range> range(TopicPartition tp) override;
  bool wait(TopicPartition tp, Offset seen, std::chrono::milliseconds timeout) override;
  void interrupt() override;
  Result<void> trim(TopicPartition tp, Offset before) override;

  // Counters since the log was opened, and gauges; for /metrics and benchmarks.
  struct Metrics {
    std::uint64_t groups = 0;   // syncs of the WAL
    std::uint64_t writes = 0;   // acknowledged appends and steps
    std::uint64_t bytes = 0;    // of their records
    std::uint64_t waiting = 0;  // writes that are not answered yet
    std::uint64_t memory = 0;   // write buffers, caches and table indexes now
    std::uint64_t on_disk = 0;  // of the folder now
    bool full = false;          // refusing for want of space
    bool broken = false;        // refusing until a restart
  };
  Metrics metrics() const;

 private:
  struct Impl;
  explicit EmbeddedLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace paytick::log
