#pragma once
// What a settler believes, be it restored from a snapshot or not, against both topics folded from their
// beginnings.

#include <string>

#include "log/event_log.h"
#include "settler/accrual.h"

namespace paytick::simulation {

// The first difference, in words; empty when there is none. Everything is to be drained.
std::string compare_with_log(log::EventLog& log, PartitionId partition, const settler::Accrual& believed);

}  // namespace paytick::simulation
