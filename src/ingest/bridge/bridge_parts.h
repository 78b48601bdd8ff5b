#pragma once
// Private to the bridge's worker: what its two sources share.

#include "ingest/bridge/bridge_worker.h"

namespace paytick::ingest {

// What is derived from the log under a lease.
struct BridgeWorker::Known {
  NameBook names;
  NameFollower follower;
  LineJudge judge;

  Known(NameBook book, std::vector<Offset> from, const BridgeConfig& config, log::EventLog& log,
        const Catalog& catalog, const MeterDirectory& meters)
      : names(std::move(book)),
        follower(log, names, std::move(from)),
        judge(config.platform, config.late_ms, names, catalog, meters) {}
  Known(const Known&) = delete;
  Known& operator=(const Known&) = delete;
};

// The key of the waiting lines of a partition, in its partition of `snapshots`. The value: the position they
// stand at (i64), then WaitingRoom::image().
inline constexpr const char* kWaitingKey = "bridge/waiting";

inline std::int64_t number(Offset offset) { return static_cast<std::int64_t>(offset); }
inline Offset after(Offset offset) { return Offset{number(offset) + 1}; }

}  // namespace paytick::ingest
