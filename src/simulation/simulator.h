#pragma once
// The stages under one seed: inputs → fold → settle, on a log, a clock, randomness and a chain that are all
// simulated, with faults drawn from the seed. Equal arguments give equal reports. One thread, no waiting.

#include <cstdint>
#include <map>
#include <string>

#include "simulation/faulty_log.h"

namespace paytick::simulation {

struct Report {
  std::uint64_t seed = 0;
  std::map<std::string, std::uint64_t> faults;  // fired, by kind
  std::uint64_t inputs = 0;                     // acknowledged
  std::int64_t charged = 0, due = 0, paid = 0;
  std::string difference;  // empty: all agree; else the first difference in words
  bool ok() const { return difference.empty(); }
};
std::string to_text(const Report& report);  // one line

Report run_simulation(std::uint64_t seed, std::uint64_t steps, Bug bug = Bug::none);

}  // namespace paytick::simulation
