#pragma once
// Snapshots in the compacted topic `snapshots`. Chunks go under the keys of one of two slots, "0/0", "0/1", …
// or "1/0", …, in turn; last comes the record "newest", which names the slot, so that a half-written snapshot
// is never seen and never harms the one before it.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aggregator/fold.h"
#include "log/event_log.h"
#include "model/frame.h"

namespace paytick::aggregator {

// Where a snapshot stands.
struct SnapshotPoint {
  FramePosition position;  // inputs below position.to are in it
  Offset ticks_next{};     // the record of `ticks` to read on from
};

class SnapshotStore {
 public:
  SnapshotStore(log::EventLog& log, PartitionId partition) : log_(log), partition_(partition) {}

  struct Loaded {
    Fold fold;
    SnapshotPoint point;
  };
  // The newest complete snapshot; nothing when there is none, or none that this version can use (then
  // newest() is empty, too).
  Result<std::optional<Loaded>> load(const FoldConfig& config);

  // Takes the chunks of a snapshot to write.
  void begin(std::vector<std::string> chunks, const SnapshotPoint& point);
  bool is_writing() const { return !left_.empty(); }
  // The next records, at most about `bytes_max`; call wrote() when they are durable.
  std::vector<log::NewRecord> next(std::size_t bytes_max, TimeMs append_time) const;
  void wrote(std::size_t n);
  void abandon() { left_.clear(); }

  std::optional<SnapshotPoint> newest() const { return newest_; }

 private:
  struct Entry {
    std::string key;
    std::string value;
  };
  log::TopicPartition topic() const { return {log::Topic::snapshots, partition_}; }

  log::EventLog& log_;
  PartitionId partition_;
  std::uint32_t slot_ = 1;  // of the newest complete one; the other is written next
  std::optional<SnapshotPoint> newest_;
  std::vector<Entry> left_;  // last first
  SnapshotPoint writing_;
};

}  // namespace paytick::aggregator
