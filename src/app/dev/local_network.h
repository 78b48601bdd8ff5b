#pragma once
// Development mode's own Stellar network: tools/localnet, as a child (its ledger lives in the data folder).

#include <filesystem>
#include <string>

#include "app/child_process.h"

namespace paytick::app::dev {

class LocalNetwork {
 public:
  struct Options {
    std::filesystem::path program;  // paytick-localnet
    std::filesystem::path folder;
    int ledger_ms = 1'000;
    bool ledger_limits =
        true;  // off: bulk funding for load tests is not held back by what one ledger may hold
  };
  // Blocks until it serves. Codes "localnet_missing", "localnet_start".
  static Result<LocalNetwork> start(const Options& options);

  const std::string& rpc_url() const { return rpc_url_; }
  const std::string& friendbot_url() const { return friendbot_url_; }
  const std::string& passphrase() const { return passphrase_; }
  // Whether a ledger closes as soon as a transaction waits, besides those that are due: setting up need not
  // wait for ledgers. A network that was just started does not. Code "localnet_pace".
  Result<void> close_on_demand(bool on);
  bool alive() { return server_.alive(); }
  void stop() { server_.stop(); }

 private:
  explicit LocalNetwork(ChildProcess server) : server_(std::move(server)) {}
  ChildProcess server_;
  std::string rpc_url_, friendbot_url_, passphrase_;
};

// Beside the running program, then in PATH; PAYTICK_LOCALNET overrides both.
Result<std::filesystem::path> find_localnet();

}  // namespace paytick::app::dev
