#pragma once
// One partition as its settler owns it: the lease and the fence, what was read of `ticks` and `settlements`,
// and the snapshot of both. It knows no chain: settler_worker.h decides what is settled, this makes it last.
//
// What counts comes from the log alone: what is written is read back at once, under the epoch of our fence.
// Confined to one thread. Error codes: the log's, the FrameReader's, Accrual's, "fenced" (abort),
// "ticks_malformed", "settlement_malformed" (fatal).

#include <cstdint>
#include <functional>
#include <vector>

#include "log/event_log.h"
#include "log/snapshot_slots.h"
#include "model/ports.h"
#include "settler/accrual.h"
#include "settler/frame_follower.h"

namespace paytick::settler {

class SettlerPartition {
 public:
  // A line of `settlements` that counts, after the accrual has it.
  using OnSettlement = std::function<void(SettlerPartition& from, const Settlement& line)>;

  SettlerPartition(log::EventLog& log, PartitionId id, const Policy& policy, WallClock& clock,
                   OnSettlement on_settlement);
  SettlerPartition(const SettlerPartition&) = delete;
  SettlerPartition& operator=(const SettlerPartition&) = delete;

  // Takes the lease, the newest snapshot where one can be used, reads all of `settlements` after it, and
  // fences. Once; after an error, and whenever another owner is met, begin with another SettlerPartition.
  Result<void> take_over(Random& random);

  // Reads what is new of both topics, some megabytes at most; true when there was any.
  Result<bool> follow();

  // Writes the lines as one frame, and reads them back.
  Result<void> write(const std::vector<Settlement>& lines);

  // Begins a snapshot when `every_bytes` (0: never) were read since the last one, and no less than four times
  // its size; writes a part of the one that was begun. `unfinished` is asked for the lines of the batches
  // that have not ended (settler_snapshot.h). A log that is full or busy ends the attempt and is no error:
  // the next snapshot will do.
  Result<void> keep_snapshot(std::uint64_t every_bytes,
                             const std::function<std::vector<Settlement>()>& unfinished);

  PartitionId id() const { return id_; }
  bool fenced() const { return fenced_; }      // our fence stands: what is read from here on is our own
  bool restored() const { return restored_; }  // take_over() began with a snapshot
  std::uint64_t snapshots() const { return snapshots_; }  // written
  Accrual& accrual() { return accrual_; }
  const Accrual& accrual() const { return accrual_; }

 private:
  Result<void> restore();
  Result<void> fence(Random& random);
  Result<bool> follow_settlements();
  Result<void> follow_settlements_to_the_end();
  void on_settlement(const Settlement& line);
  std::uint64_t bytes_read() const { return ticks_.bytes_read() + settlements_.bytes_read(); }

  log::EventLog& log_;
  PartitionId id_;
  const Policy policy_;
  WallClock& clock_;
  OnSettlement on_settlement_;
  log::Lease lease_;
  FrameFollower ticks_, settlements_;
  Accrual accrual_;
  OwnerId owner_;
  bool fenced_ = false, restored_ = false;

  log::SnapshotSlots slots_;
  std::uint64_t snapshots_ = 0;
  std::uint64_t snapshot_at_ = 0;     // bytes read when the newest one was begun
  std::uint64_t snapshot_bytes_ = 0;  // its size
};

}  // namespace paytick::settler
