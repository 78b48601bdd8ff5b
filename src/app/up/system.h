#pragma once
// All roles in one process on the embedded log: what `paytick up` runs. start() returns when everything is
// ready, drain() when everything acknowledged is folded; the destructor stops what still runs.

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "app/metrics/observed_log.h"
#include "app/metrics/registry.h"
#include "app/roles/aggregate_side.h"
#include "app/roles/health.h"
#include "app/roles/ingest_side.h"
#include "app/roles/project_side.h"
#include "app/roles/reply_relay.h"
#include "app/roles/role_context.h"
#include "app/roles/settle_side.h"
#include "app/system_ports.h"
#include "log/embedded/embedded_log.h"

namespace paytick::app {

class System {
 public:
  // Code "stop_asked" when that said so. "config_bad_value" for an address that is none; IngestSide::check
  // finds that one before anything is started.
  static Result<std::unique_ptr<System>> start(RoleSettings settings, std::function<bool()> stop_asked);
  ~System();

  std::string listen() const { return ingest_->listen(); }
  // Whether the chain's report of this meter has arrived: until then its viewer is unknown.
  bool knows_meter(const MeterId& meter) const {
    return ingest_->gateway().meters().viewer_of(meter).has_value();
  }
  // Code and words of what has ended for good, once something has.
  std::optional<Error> failure() const;
  void drain();

 private:
  explicit System(RoleSettings settings) : settings_(std::move(settings)) {}
  Result<void> start_log();
  Result<void> start_roles(const RoleContext& context);
  void failed(const Error& error);

  const RoleSettings settings_;
  SystemClock clock_;
  SystemRandom random_;
  Health health_;
  metrics::Registry metrics_{"up"};
  mutable std::mutex failure_mutex_;
  std::optional<Error> failure_;

  // In the order in which they are needed; destroyed in reverse.
  std::unique_ptr<log::EmbeddedLog> log_;
  std::unique_ptr<metrics::ObservedLog> observed_log_;
  ReplyRelay relay_;
  std::unique_ptr<SettleSide> settle_;
  std::unique_ptr<ProjectSide> project_;
  std::unique_ptr<IngestSide> ingest_;
  std::unique_ptr<AggregateSide> aggregate_;
};

}  // namespace paytick::app
