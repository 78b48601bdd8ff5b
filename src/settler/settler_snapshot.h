#pragma once
// The settler's state of one partition as bytes, for the topic `snapshots`: where it stands in `ticks` and
// `settlements`, the accrual, and the batches that have not ended. A cache: what cannot be read is folded
// again from the beginning.
//
// Bytes: magic (16), version (u32), partition (u32), then the two places, the accrual, the lines of
// `settlements` of batches that have not ended, and BLAKE2b-256 of all before it. A change is a new
// kSettlerSnapshotVersion.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "settler/accrual.h"
#include "settler/frame_follower.h"

namespace paytick::settler {

inline constexpr std::uint32_t kSettlerSnapshotVersion = 3;
inline constexpr const char* kSettlerSnapshotPrefix = "settler/";  // of its keys (log/snapshot_slots.h)

// What a restart begins with. No batch is in flight in the accrual: apply `unfinished` to it.
struct SettlerState {
  FramePlace ticks, settlements;
  Accrual accrual;
  std::vector<Settlement> unfinished;
};

// In chunks for log/snapshot_slots.h. `unfinished`: the lines of the batches in flight, Prepared, and
// Submitted where it was written.
std::vector<std::string> to_chunks(PartitionId partition, const FramePlace& ticks,
                                   const FramePlace& settlements, const Accrual& accrual,
                                   const std::vector<Settlement>& unfinished);

// Nothing when the chunks are not a whole snapshot of this version and partition.
std::optional<SettlerState> from_chunks(PartitionId partition, const Policy& policy,
                                        const std::vector<std::string>& chunks);

}  // namespace paytick::settler
