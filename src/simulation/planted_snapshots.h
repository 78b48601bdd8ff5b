#pragma once
// Snapshots of the fold as a product with a planted bug would write them.

#include <map>
#include <string>
#include <vector>

#include "log/event_log.h"
#include "simulation/bugs.h"

namespace paytick::simulation {

class PlantedSnapshots {
 public:
  explicit PlantedSnapshots(Bug bug) : bug_(bug) {}
  // Changes those of the step's records that hold a snapshot.
  void spoil(log::Step& step, std::uint32_t partitions);

 private:
  void age(log::Step& step, std::uint32_t partitions);

  const Bug bug_;
  std::map<PartitionId, std::vector<std::string>> last_chunks_;
};

}  // namespace paytick::simulation
