#pragma once
// What every role of a process is given: the log it shares with the others, the ports, and whom to tell.

#include <functional>
#include <memory>

#include "app/metrics/registry.h"
#include "app/roles/health.h"
#include "app/roles/role_settings.h"
#include "log/event_log.h"
#include "log/partition_source.h"
#include "model/error.h"
#include "model/ports.h"

namespace paytick::app {

enum class RoleName : unsigned char { aggregate, settle, project, bridge };

// All of it outlives the role.
struct RoleContext {
  const RoleSettings& settings;
  log::EventLog& log;
  WallClock& clock;
  Random& random;
  Health& health;
  metrics::Registry& metrics;
  std::function<void(const Error&)> fatal;  // something has ended for good; any thread
  // Which partitions are this process's, of a role that shares them out.
  std::function<std::unique_ptr<log::PartitionSource>(RoleName)> partitions;
  // The process is there for this role alone: the process is ready when the role is.
  bool alone = false;
  // Asked while a role starts, which takes as long as there is to fold again.
  std::function<bool()> stop_asked = [] { return false; };
};

}  // namespace paytick::app
