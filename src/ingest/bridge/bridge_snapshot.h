#pragma once
// What the bridge knows by heart as bytes, for the topic `snapshots`: the names, and where in `heartbeats`
// they stand. A cache: what cannot be read is read from `heartbeats` again, as far as that reaches back.
//
// Bytes: magic (16), version (u32), partitions (u32), platform (16), the positions, the names, and
// BLAKE2b-256 of all before it. A change is a new kBridgeSnapshotVersion.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ingest/bridge/name_book.h"

namespace paytick::ingest {

inline constexpr std::uint32_t kBridgeSnapshotVersion = 1;
inline constexpr const char* kBridgeSnapshotPrefix = "bridge/";  // of its keys (log/snapshot_slots.h)

struct BridgeState {
  std::vector<Offset> positions;
  NameBook names;
};

// In chunks for log/snapshot_slots.h.
std::vector<std::string> to_chunks(const PlatformId& platform, const std::vector<Offset>& positions,
                                   const NameBook& names);

// Nothing when the chunks are not a whole snapshot of this version, platform and number of partitions.
std::optional<BridgeState> bridge_state(const PlatformId& platform, std::uint32_t partitions,
                                        const std::vector<std::string>& chunks);

}  // namespace paytick::ingest
