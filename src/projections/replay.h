#pragma once
// Rebuilds the tables from the log: into a shadow schema, which takes the place of the old one in one
// transaction when it has caught up. The old tables serve until then, and a projection that writes them goes
// on; after the swap it finds the positions moved and reads them anew.
//
// Resumable: what a replay has written stays in the shadow schema with its positions, and the next one goes
// on from there, unless told to start over.

#include <functional>
#include <string>

#include "log/event_log.h"
#include "model/ports.h"
#include "projections/follower.h"

namespace paytick::projections {

struct ReplayOptions {
  std::string database_url;
  bool dry_run = false;         // read and merge everything, write nothing
  bool start_over = false;      // drop what an earlier replay has left
  std::optional<TimeMs> until;  // leave out what the log took later; the shadow schema is kept, not swapped
  // What no projection has announced yet when the tables are swapped is announced by the replay.
  OutboxSettings outbox = {};
  std::size_t step_bytes_max = 48 * 1024 * 1024;
};

struct ReplayProgress {
  std::uint64_t records = 0;        // read, by this run
  std::uint64_t records_total = 0;  // that this run will read, as far as is known
  std::uint64_t rows = 0;           // written (or to be written, in a dry run)
};

struct ReplayReport {
  ReplayProgress done;
  bool resumed = false;  // an earlier replay had begun
  bool swapped = false;
};

// `on_progress` is called after each step; returning false ends the replay, which can be resumed.
// Errors: those of the log and of database.h; "replay_interrupted" (refused).
Result<ReplayReport> replay(log::EventLog& log, Random& random, const ReplayOptions& options,
                            const std::function<bool(const ReplayProgress&)>& on_progress);

}  // namespace paytick::projections
