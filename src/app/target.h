#pragma once
// Which system a command looks at: the data folder, and the chain and database that belong to it. A running
// `paytick up --dev` says it in dev.json; otherwise the configuration does.

#include <optional>
#include <string>

#include "app/config.h"
#include "chain/keys.h"
#include "model/error.h"
#include "model/ids.h"

namespace CLI {
class App;
}

namespace paytick::app {

struct TargetOptions {
  std::string data;  // empty: as configured
  std::string config_file = "paytick.toml";
  bool config_named = false;
};

// --data and --config. `options` must outlive the parsing.
void add_target_options(CLI::App& command, TargetOptions& options);

struct Target {
  Config config;             // `data` as --data says
  std::string database_url;  // empty: unknown
  std::string rpc_url;       // empty: unknown, and so is the rest
  std::string network_passphrase;
  ContractId router;
  std::optional<chain::SecretKey>
      account;  // whose name questions to the node are asked in; nothing is signed
};

// Errors of load_config, load_secret and read_dev_file.
Result<Target> find_target(const TargetOptions& options);

}  // namespace paytick::app
