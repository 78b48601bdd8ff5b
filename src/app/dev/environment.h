#pragma once
// Everything that `paytick up --dev` brings along: a local Stellar network with the contracts on it, a
// private PostgreSQL, keys, and a viewer whose meter holds 5 XLM. All of it lives in the data folder and is
// there again after a restart.

#include <filesystem>
#include <memory>
#include <string>

#include "app/dev/chain_setup.h"
#include "app/dev/local_network.h"
#include "app/dev/private_postgres.h"
#include "app/dev/secrets.h"
#include "model/error.h"
#include "model/ids.h"
#include "model/ports.h"

namespace paytick::app::dev {

class Environment {
 public:
  struct Options {
    std::filesystem::path data;
    int ledger_ms = 1'000;
    bool ledger_limits = true;
  };
  // Must be called by the thread that lives as long as the process: the children die with it. Blocks; a
  // minute at most.
  static Result<std::unique_ptr<Environment>> start(const Options& options, Random& random);

  const Secrets& secrets() const { return secrets_; }
  const ContractId& router() const { return contracts_.router; }
  const MeterId& viewer_meter() const { return contracts_.viewer_meter; }
  LocalNetwork& network() { return network_; }
  PrivatePostgres& postgres() { return postgres_; }

  // dev.json, whole or not at all, mode 0600; `listen` is the gateway's URL. Removed by start().
  Result<void> announce(const std::string& listen);

 private:
  Environment(Options options, Secrets secrets, LocalNetwork network, PrivatePostgres postgres);
  Result<void> set_up_chain();
  DevServices services() const;

  Options options_;
  Secrets secrets_;
  LocalNetwork network_;
  PrivatePostgres postgres_;
  DevContracts contracts_;
};

}  // namespace paytick::app::dev
