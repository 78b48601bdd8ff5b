#pragma once
// The fold's snapshots, in the slots of log/snapshot_slots.h without a prefix.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
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

// An image takes as much memory as the state it was taken of, until it is written. Of the partitions that
// share a turn, one at a time has an image. Any thread.
class SnapshotTurn {
 public:
  bool take() { return !taken_.exchange(true); }
  void give_back() { taken_ = false; }

 private:
  std::atomic<bool> taken_ = false;
};

class SnapshotStore {
 public:
  // Without a turn it never waits for another.
  SnapshotStore(log::EventLog& log, PartitionId partition, std::shared_ptr<SnapshotTurn> turn = nullptr)
      : slots_(log, partition), turn_(std::move(turn)) {}
  ~SnapshotStore() { abandon(); }
  SnapshotStore(const SnapshotStore&) = delete;
  SnapshotStore& operator=(const SnapshotStore&) = delete;

  struct Loaded {
    Fold fold;
    SnapshotPoint point;
  };
  // The newest complete snapshot; nothing when there is none, or none that this version can use (then
  // newest() is empty, too). Holds a few chunks beside the state. Errors: the log's, and "snapshot_replaced"
  // (retry): its owner has just written two newer ones.
  Result<std::optional<Loaded>> load(const FoldConfig& config);

  // Writes a snapshot of the fold, which stands at `point`. False when it is another's turn: ask again later.
  bool begin(const Fold& fold, const SnapshotPoint& point);
  bool is_writing() const { return slots_.is_writing(); }
  // The next records, at most about `bytes_max`, and the same again until wrote() says where they are.
  const std::vector<log::NewRecord>& next(std::size_t bytes_max, TimeMs append_time) {
    return slots_.next(bytes_max, append_time);
  }
  void wrote(std::span<const Offset> offsets);
  void abandon();

  std::optional<SnapshotPoint> newest() const { return newest_; }

 private:
  log::SnapshotSlots slots_;
  std::shared_ptr<SnapshotTurn> turn_;
  bool has_turn_ = false;
  std::optional<SnapshotPoint> newest_;
  SnapshotPoint writing_;
};

}  // namespace paytick::aggregator
