#include "app/target.h"

#include <CLI/CLI.hpp>

#include "app/dev/dev_file.h"

namespace paytick::app {

void add_target_options(CLI::App& command, TargetOptions& options) {
  command.add_option("--data", options.data, "Data folder (default: .paytick)");
  command.add_option("--config", options.config_file, "Configuration file")
      ->each([&options](const std::string&) { options.config_named = true; })
      ->capture_default_str();
}

Result<Target> find_target(const TargetOptions& options) {
  const Environment environment = process_environment();
  auto config = load_config(options.config_file, options.config_named, environment);
  if (!config) return tl::unexpected(config.error());
  Target target;
  if (!options.data.empty()) config->data = options.data;
  target.config = *config;
  if (const auto dev = dev::read_dev_file(config->data)) {
    target.database_url = dev->database_url;
    target.rpc_url = dev->rpc_url;
    target.network_passphrase = dev->network_passphrase;
    target.router = dev->router;
    auto key = chain::SecretKey::parse(dev->operator_secret);
    if (!key) return tl::unexpected(key.error());
    target.account = *key;
    return target;
  }
  target.database_url = config->database.url;
  if (config->chain.rpc_url.empty()) return target;
  const auto router = parse_id<ContractId>(config->chain.router);
  if (!router)
    return fail("config_bad_value", "chain.router: '" + config->chain.router + "' is no contract id (C…)");
  const auto secret = load_secret("SETTLER_SECRET", environment);
  if (!secret) return tl::unexpected(secret.error());
  auto key = chain::SecretKey::parse(*secret);
  if (!key) return fail("secret_bad", "PAYTICK_SETTLER_SECRET is no secret key (S…)");
  target.rpc_url = config->chain.rpc_url;
  target.network_passphrase = config->chain.network_passphrase;
  target.router = *router;
  target.account = *key;
  return target;
}

}  // namespace paytick::app
