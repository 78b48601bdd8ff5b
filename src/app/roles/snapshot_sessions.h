#pragma once
// What a gateway that starts alone must know of the aggregator's state, from its snapshots: each partition's
// newest, one at a time, so that no more than one partition's state is in memory. Where there is none the
// gateway reads `heartbeats` from the beginning.

#include "app/roles/ingest_side.h"
#include "log/event_log.h"
#include "model/error.h"

namespace paytick::app {

// Errors are the log's.
Result<RestoredSessions> sessions_of_snapshots(log::EventLog& log);

}  // namespace paytick::app
