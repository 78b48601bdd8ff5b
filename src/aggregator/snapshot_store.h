#pragma once
// The fold's snapshots, in the slots of log/snapshot_slots.h without a prefix.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aggregator/fold.h"
#include "log/event_log.h"
#include "log/snapshot_slots.h"
#include "model/frame.h"

namespace paytick::aggregator {

// Where a snapshot stands.
struct SnapshotPoint {
  FramePosition position;  // inputs below position.to are in it
  Offset ticks_next{};     // the record of `ticks` to read on from
};

class SnapshotStore {
 public:
  SnapshotStore(log::EventLog& log, PartitionId partition) : slots_(log, partition) {}

  struct Loaded {
    Fold fold;
    SnapshotPoint point;
  };
  // The newest complete snapshot; nothing when there is none, or none that this version can use (then
  // newest() is empty, too).
  Result<std::optional<Loaded>> load(const FoldConfig& config);

  // Takes the chunks of a snapshot to write.
  void begin(std::vector<std::string> chunks, const SnapshotPoint& point);
  bool is_writing() const { return slots_.is_writing(); }
  // The next records, at most about `bytes_max`; call wrote() when they are durable.
  std::vector<log::NewRecord> next(std::size_t bytes_max, TimeMs append_time) const {
    return slots_.next(bytes_max, append_time);
  }
  void wrote(std::size_t n);
  void abandon() { slots_.abandon(); }

  std::optional<SnapshotPoint> newest() const { return newest_; }

 private:
  log::SnapshotSlots slots_;
  std::optional<SnapshotPoint> newest_;
  SnapshotPoint writing_;
};

}  // namespace paytick::aggregator
