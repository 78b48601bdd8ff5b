#pragma once
// What roles need in development mode: chain, database and keys of the environment that runs on the data
// folder, instead of configuration and secrets.

#include <filesystem>
#include <string>

#include "app/dev/secrets.h"
#include "app/roles/role_settings.h"

namespace paytick::app::dev {

struct Services {
  std::string rpc_url, network_passphrase, database_url;
  ContractId router;
};
RoleSettings development_settings(Config config, const Secrets& secrets, const Services& services);

// Of the `paytick dev` (or `paytick up --dev`) that runs on config.data. Code "not_running".
Result<RoleSettings> development_settings(const Config& config);
// Has friendbot make the account of the settler's channel, where there is one and it is missing.
Result<void> fund_channel(const RoleSettings& settings);

}  // namespace paytick::app::dev
