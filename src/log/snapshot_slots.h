#pragma once
// Keeps the newest snapshot of a stage's state in the compacted topic `snapshots`. Chunks go under the keys
// of one of two slots, "0/0", "0/1", … or "1/0", …, in turn; last comes the record "newest", which names the
// slot, so that a half-written snapshot is never seen and never harms the one before it.
//
// Who writes the records does so in steps under its lease, so that an owner that was fenced cannot replace
// its successor's snapshot. Not thread-safe.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "log/event_log.h"

namespace paytick::log {

class SnapshotSlots {
 public:
  // `prefix` stands before every key and tells apart what shares a partition.
  SnapshotSlots(EventLog& log, PartitionId partition, std::string prefix = {})
      : log_(log), at_{Topic::snapshots, partition}, prefix_(std::move(prefix)) {}

  struct Stored {
    std::string about;  // what its writer wants to know first; in the record "newest"
    std::vector<std::string> chunks;
  };
  // The newest complete snapshot; nothing when there is none, or one of another version.
  Result<std::optional<Stored>> load();

  // Takes a snapshot to write; one that is half written is given up.
  void begin(Stored snapshot);
  bool is_writing() const { return !left_.empty(); }
  // The next records, at most about `bytes_max`; call wrote() when they are durable. "newest" goes alone.
  std::vector<NewRecord> next(std::size_t bytes_max, TimeMs append_time) const;
  // True when the snapshot is complete.
  bool wrote(std::size_t n);
  void abandon() { left_.clear(); }

 private:
  struct Entry {
    std::string key;
    std::string value;
  };

  EventLog& log_;
  TopicPartition at_;
  std::string prefix_;
  std::uint32_t slot_ = 1;   // of the newest complete one; the other is written next
  std::vector<Entry> left_;  // last first
};

}  // namespace paytick::log
