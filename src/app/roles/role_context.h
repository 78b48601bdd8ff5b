#pragma once
// What every role of a process is given: the log it shares with the others, the ports, and whom to tell.

#include <functional>

#include "app/roles/health.h"
#include "app/roles/role_settings.h"
#include "log/event_log.h"
#include "model/error.h"
#include "model/ports.h"

namespace paytick::app {

// All of it outlives the role.
struct RoleContext {
  const RoleSettings& settings;
  log::EventLog& log;
  WallClock& clock;
  Random& random;
  Health& health;
  std::function<void(const Error&)> fatal;  // something has ended for good; any thread
  // Asked while a role starts, which takes as long as there is to fold again.
  std::function<bool()> stop_asked = [] { return false; };
};

}  // namespace paytick::app
