#pragma once
// The end of a run, faults off and everything drained: log, chain and tables against the auditor.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "log/event_log.h"
#include "model/reply.h"
#include "projections/memory_database.h"
#include "simulation/simulated_chain.h"

namespace paytick::simulation {

struct Audit {
  std::int64_t charged = 0, due = 0, paid = 0;
  std::uint64_t answers = 0;  // to commands, each as the auditor would have given it
  // What was seen: inputs by type, and what came of them.
  std::map<std::string, std::uint64_t> seen;
  std::string difference;  // the first, in words; empty: all agree
};

// What clients were told, or were to be told.
struct Told {
  const std::set<std::string>& acknowledged;  // lines
  const std::set<std::string>& promises;      // clients.h
  const std::map<PartitionId, std::vector<Outcome>>& outcomes;
};

Audit audit(log::EventLog& log, const SimulatedChain& chain, const projections::MemoryDatabase& database,
            const Told& told);

}  // namespace paytick::simulation
