#pragma once
// All roles in one process on the embedded log: what `paytick up` runs. start() returns when everything is
// ready, drain() when everything acknowledged is folded; the destructor stops what still runs.

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "aggregator/runner.h"
#include "app/config.h"
#include "app/system_ports.h"
#include "app/up/chain_side.h"
#include "app/up/database_side.h"
#include "app/up/health.h"
#include "app/up/reply_relay.h"
#include "ingest/gateway.h"
#include "log/embedded/embedded_log.h"

namespace paytick::app {

class System {
 public:
  struct Settings {
    Config config;
    bool development = false;
    ContractId router;
    chain::SecretKey settler;
    chain::SecretKey admin;
    std::string platform_api_key;  // of the first platform
    // Asked while the log is folded again, which takes as long as the log is.
    std::function<bool()> stop_asked = [] { return false; };
  };
  // Code "stop_asked" when that said so. "config_bad_value" for an address that is none; check() finds that
  // one before anything is started.
  static Result<void> check(const Config& config);
  static Result<std::unique_ptr<System>> start(Settings settings);
  ~System();

  std::string listen() const;  // the gateway's URL
  // Whether the chain's report of this meter has arrived: until then its viewer is unknown.
  bool knows_meter(const MeterId& meter) const { return gateway_->meters().viewer_of(meter).has_value(); }
  // Code and words of what has ended for good, once something has.
  std::optional<Error> failure() const;
  void drain();

 private:
  explicit System(Settings settings);
  Result<void> start_log();
  Result<void> start_aggregator();
  Result<void> start_gateway();
  ingest::HttpRoutes routes();
  std::string metrics();
  void failed(const Error& error);

  Settings settings_;
  SystemClock clock_;
  SystemRandom random_;
  Health health_;
  mutable std::mutex failure_mutex_;
  std::optional<Error> failure_;

  // In the order in which they are needed; destroyed in reverse.
  std::unique_ptr<log::EmbeddedLog> log_;
  ReplyRelay relay_;
  std::unique_ptr<ChainSide> chain_;
  std::unique_ptr<DatabaseSide> database_;
  std::unique_ptr<ingest::Gateway> gateway_;
  std::unique_ptr<aggregator::Runner> aggregator_;
};

}  // namespace paytick::app
