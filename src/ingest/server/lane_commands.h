#pragma once
// Commands over the lanes of a gateway. A viewer's commands all go to one lane, so that its bound on what one
// viewer may have waiting holds.

#include <memory>
#include <utility>
#include <vector>

#include "ingest/commands/commands.h"
#include "ingest/server/door.h"

namespace paytick::ingest::server {

class Lane;

class LaneCommands final : public Commands {
 public:
  // Before the lanes run; without them everything is refused with "draining". A lane that is gone takes
  // nothing more.
  void set(const std::vector<Lane*>& lanes);

  void submit(const ViewerId& viewer, Input line, CommandDesk::Done done) override;
  void submit_after(const ViewerId& viewer, std::vector<Input> first, Input line,
                    CommandDesk::Done done) override;
  void broadcast(Input line, Written written) override;

 private:
  std::vector<std::pair<Lane*, std::shared_ptr<Door>>> lanes_;
};

}  // namespace paytick::ingest::server
