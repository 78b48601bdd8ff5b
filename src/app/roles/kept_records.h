#pragma once
// Whether the log still holds what its own records speak of: asked before a role starts over Kafka, where
// topics can be lost one by one, or made anew and empty. Whoever went on then would bill again what was
// billed, or take heartbeats that nobody folds.

#include <chrono>
#include <functional>
#include <optional>

#include "log/event_log.h"
#include "model/error.h"

namespace paytick::app {

// For each partition: no role's position lies beyond the end of what it consumes; `heartbeats` reaches as far
// as `ticks` says it was folded; `ticks` begins with the first input's frame and reaches as far as the
// aggregator's position says; a settler that has a position has written to `settlements`. Code "records_lost"
// (fatal), when that has been so for all of `patience`: brokers tell of a transaction's parts one after the
// other.
// `position` tells where a role stands for certain.
using PositionOf = std::function<Result<std::optional<Offset>>(log::Role, PartitionId)>;
Result<void> check_records_kept(log::EventLog& log, const PositionOf& position,
                                std::chrono::milliseconds patience);

}  // namespace paytick::app
