#pragma once
// The threads that talk to the chain: the settler, the reader of the router's events, and the registrar of
// creators. Each has a connection of its own (a connection belongs to one thread), made when the node can be
// reached: billing does not wait for the chain.

#include <memory>
#include <string>

#include "app/config.h"
#include "app/up/health.h"
#include "app/worker_thread.h"
#include "chain/keys.h"
#include "log/event_log.h"
#include "model/ports.h"

namespace paytick::app {

class ChainSide {
 public:
  struct Settings {
    Config::Chain chain;
    Config::Settlement settlement;
    ContractId router;
    chain::SecretKey settler;
    chain::SecretKey admin;
  };
  // `fatal` is called when one of them has ended for good.
  ChainSide(const Settings& settings, log::EventLog& log, WallClock& clock, Random& random, Health& health,
            const std::function<void(const Error&)>& fatal);
  ~ChainSide();

  void stop();
  // The events that the node had when this was asked have reached the log.
  std::uint32_t ledger_seen() const;
  std::string metrics() const;  // Prometheus text

 private:
  struct Settling;
  struct Reading;
  struct Registering;
  std::unique_ptr<Settling> settling_;
  std::unique_ptr<Reading> reading_;
  std::unique_ptr<Registering> registering_;
};

}  // namespace paytick::app
