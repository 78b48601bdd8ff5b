#pragma once
// A process for one role over Kafka: from the command line to the exit code. It answers /healthz, /readyz and
// /metrics before anything else, waits for brokers that are away, and ends in order when it is asked to.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/roles/role_context.h"
#include "app/target.h"
#include "log/kafka/kafka_log.h"

namespace paytick::app {

struct RoleOptions {
  TargetOptions target;
  std::string admin, instance, listen;
  bool development = false;
};

// A role at work. Its destructor stops what still runs.
class RunningRole {
 public:
  virtual ~RunningRole() = default;
  virtual std::string where() const { return {}; }  // its own URL, if it serves one
  virtual void drain() = 0;                         // ends what is under way, and gives the partitions back
};

struct Role {
  std::string name;  // of the command
  RoleNeeds needs;
  // Errors with Next::retry and in_doubt are tried again.
  std::function<Result<std::unique_ptr<RunningRole>>(const RoleContext&)> start;
  std::vector<log::Topic> gathered;  // read without hurry (log/kafka/kafka_settings.h)
};

int run_role(const Role& role, const RoleOptions& options);

}  // namespace paytick::app
