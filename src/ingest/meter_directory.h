#pragma once
// Which viewer a meter is registered to, as the chain's reports (`meter` inputs) say. In development mode it
// is the identity of a socket; everywhere it tells an unknown contract from a foreign one.

#include <atomic>
#include <cstdint>
#include <optional>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "log/event_log.h"
#include "model/error.h"
#include "model/ids.h"

namespace paytick::ingest {

class GuardDesk;
class SessionDirectory;

// Of one viewer; a viewer with more names one of the others.
inline constexpr std::size_t kMetersListedMax = 16;

// Thread-safe. The first registration of a meter stands: the router never hands a meter on. Grows with the
// registered meters, about 250 bytes each; registering costs a deployment on chain.
class MeterDirectory {
 public:
  void put(const MeterId& meter, const ViewerId& viewer);
  std::optional<ViewerId> viewer_of(const MeterId& meter) const;
  // Those of a viewer in the order they were registered, at most kMetersListedMax.
  std::vector<MeterId> meters_of(const ViewerId& viewer) const;
  std::size_t size() const;

 private:
  // Nearly everybody has one, so that further ones are kept apart.
  struct Owned {
    MeterId first;
    std::vector<MeterId> others;
  };
  mutable std::shared_mutex mutex_;
  std::unordered_map<MeterId, ViewerId> viewers_;
  std::unordered_map<ViewerId, Owned> owned_;
};

// Follows the `meter` lines of every partition of `heartbeats` into a MeterDirectory, and what others write
// of platforms' sessions into a SessionDirectory; all other lines are passed over unread. One thread pumps.
class MeterFollower {
 public:
  // Starts where each partition begins, or at `from` where the app has the earlier meters from a restored
  // fold.
  // The guard is told of the opens, stops and, where it counts screens, heartbeats that are read along with
  // `sessions`.
  MeterFollower(log::EventLog& log, MeterDirectory& directory, std::vector<Offset> from = {},
                GuardDesk* guard = nullptr);

  // Applies everything that can be read now; true if there was something. With `sessions`, what `open` lines
  // name is restored there and what `stop` lines name is closed: an earlier gateway or another one has
  // accepted it, and the fold may not have seen it yet.
  Result<bool> pump(SessionDirectory* sessions = nullptr);
  const std::vector<Offset>& positions() const { return next_; }

 private:
  Result<bool> pump(PartitionId partition, SessionDirectory* sessions);

  log::EventLog& log_;
  MeterDirectory& directory_;
  GuardDesk* const guard_;
  std::vector<Offset> next_;
};

}  // namespace paytick::ingest
