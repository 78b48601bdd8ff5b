#pragma once
// The stages under one seed: inputs → fold → settle → project, on a log, a clock, randomness, a chain and a
// database that are all simulated, with faults drawn from the seed. Equal arguments give equal reports, trace
// included. One thread, no waiting.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "simulation/faulty_log.h"

namespace paytick::simulation {

struct Report {
  std::uint64_t seed = 0;
  std::uint64_t steps = 0;                      // taken
  std::map<std::string, std::uint64_t> faults;  // fired, by kind
  std::map<std::string, std::uint64_t> seen;    // inputs by type, and what came of them
  std::uint64_t inputs = 0;                     // acknowledged
  std::uint64_t told = 0;                       // clients: that it is taken, or paid
  std::uint64_t answers = 0;                    // to commands
  std::uint64_t snapshots_loaded = 0;           // restores of the fold that began with a snapshot
  std::uint64_t settlers_restored = 0;          // the settler's, of a partition each
  std::int64_t charged = 0, due = 0, paid = 0;
  std::uint64_t trace = 0;  // a hash over all that happened
  std::string difference;   // empty: all agree; else the first difference in words
  bool by_auditor = false;  // who found it: the auditor's comparison, or a check of the product's own
  std::vector<std::string> last_events;
  bool ok() const { return difference.empty(); }
};
std::string to_text(const Report& report);  // one line

Report run_simulation(std::uint64_t seed, std::uint64_t steps, Bug bug = Bug::none);

}  // namespace paytick::simulation
