#pragma once
// The end of a run, faults off and everything drained: log, chain and tables against the auditor.

#include <set>
#include <string>

#include "log/event_log.h"
#include "projections/memory_database.h"
#include "simulation/simulated_chain.h"

namespace paytick::simulation {

struct Audit {
  std::int64_t charged = 0, due = 0, paid = 0;
  std::string difference;  // the first, in words; empty: all agree
};

Audit audit(log::EventLog& log, const SimulatedChain& chain, const projections::MemoryDatabase& database,
            const std::set<std::string>& acknowledged, const std::set<std::string>& promises);

}  // namespace paytick::simulation
