#pragma once
// Inputs as a fold with a planted bug would take them: what it does wrong is written out as the lines that
// would make a right fold do the same. Of one partition; depends on nothing but the records before, so that
// every owner, restored or not, reads the same.

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/inputs.h"
#include "simulation/bugs.h"

namespace paytick::simulation {

class PlantedInputs {
 public:
  explicit PlantedInputs(Bug bug) : bug_(bug) {}
  static bool has(Bug bug);  // whether it is planted here

  // The next record's value, in log order.
  std::string next(std::string value);

 private:
  using Lines = std::vector<Input>;
  Lines next(const Input& input);
  Lines next(const Open& e);
  Lines next(const Heartbeat& e);
  Lines next(const Stop& e);
  Lines next(const Charge& e);
  Lines next(const Resume& e);
  void learn(const Input& input);

  const Bug bug_;
  std::map<AttachmentId, Open> opens_;
  std::set<std::pair<ViewerId, ContentId>> opened_;
  std::map<ViewerId, std::set<MeterId>> meters_;
  std::set<ViewerId> frozen_, paused_;
  std::map<ViewerId, Lines> refused_;  // during a pause
  std::set<ContentId> closed_;
  std::set<std::pair<ViewerId, std::string>> charged_;  // keys
};

}  // namespace paytick::simulation
