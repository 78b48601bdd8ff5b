#pragma once
// The public face of the command desk, for route handlers: any thread → the lane that holds the viewer's
// commands.

#include <functional>
#include <vector>

#include "ingest/commands/command_desk.h"
#include "ingest/log_feed.h"
#include "model/ids.h"
#include "model/inputs.h"

namespace paytick::ingest {

class Commands {
 public:
  virtual ~Commands() = default;

  // See CommandDesk::submit. Any thread; `done` is called once, on a lane's thread, and must not block.
  virtual void submit(const ViewerId& viewer, Input line, CommandDesk::Done done) = 0;

  // Lines of the viewer that nobody answers, and after them, in the log's order, one that is: how a call is
  // begun and asked after. Where the answer is lost, that one alone is asked again. Any thread.
  virtual void submit_after(const ViewerId& viewer, std::vector<Input> first, Input line,
                            CommandDesk::Done done) = 0;

  // A line that concerns every partition (Payout, a Metering of every call), answered when the log has it
  // everywhere; "log_full" or "try_again" else. Any thread.
  using Written = std::function<void(const Result<void>&)>;
  virtual void broadcast(Input line, Written written) = 0;
};

}  // namespace paytick::ingest
