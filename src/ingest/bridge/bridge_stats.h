#pragma once
// What the bridge counts.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace paytick::ingest {

// Since the worker was made, but for what is named as of now.
struct BridgeStats {
  std::uint64_t records = 0, lines = 0;                // read and committed
  std::uint64_t opens = 0, heartbeats = 0, stops = 0;  // forwarded
  std::uint64_t repeated = 0;                          // stops that were on the log already
  std::uint64_t waited = 0;                            // lines that were not decided at once
  std::map<std::string, std::uint64_t> refused;        // by code
  std::uint64_t commits = 0, takeovers = 0, snapshots = 0;
  // As of now
  bool running = false;           // this instance owns the bridge, and has caught up with what is known
  std::size_t waiting = 0;        // lines
  std::size_t attachments = 0;    // known
  std::vector<std::int64_t> lag;  // of each partition: how far its end lies beyond what was committed
};

}  // namespace paytick::ingest
