// paytick dev-setup: a development chain and database that run elsewhere, made ready for roles with --dev.

#include <spdlog/spdlog.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "app/commands.h"
#include "app/config.h"
#include "app/dev/chain_setup.h"
#include "app/dev/secrets.h"
#include "app/logging.h"
#include "app/system_ports.h"
#include "app/target.h"

namespace paytick::app {
namespace {

struct Options {
  TargetOptions target;
  dev::DevServices services;
};

int complain(const Error& error) {
  std::cerr << "paytick dev-setup: " << error.message << " (" << error.code << ")\n";
  return error.code.starts_with("config_") ? kExitUsage : kExitFailed;
}

int run(Options options) {
  auto config = load_config(options.target.config_file, options.target.config_named, process_environment());
  if (!config) return complain(config.error());
  if (!options.target.data.empty()) config->data = options.target.data;
  if (auto done = set_up_logging(config->logging.level, config->logging.format); !done)
    return complain(done.error());
  options.services.elsewhere = true;
  options.services.rpc_url = config->chain.rpc_url;
  options.services.network_passphrase = config->chain.network_passphrase;
  options.services.database_url = config->database.url;
  for (const auto& [value, key] :
       {std::pair(&options.services.rpc_url, "chain.rpc_url"),
        std::pair(&options.services.network_passphrase, "chain.network_passphrase"),
        std::pair(&options.services.database_url, "database.url")})
    if (value->empty())
      return complain({"config_missing", std::string(key) + " is not set; see docs/configuration.md"});

  std::filesystem::create_directories(config->data);
  std::filesystem::permissions(config->data, std::filesystem::perms::owner_all);
  SystemRandom random;
  const auto secrets = dev::load_or_make_secrets(config->data / "secrets.json", random);
  if (!secrets) return complain(secrets.error());
  spdlog::info("setting up accounts and contracts on {}", options.services.rpc_url);
  const auto contracts = dev::set_up_chain(options.services, *secrets, config->data);
  if (!contracts) return complain(contracts.error());
  if (auto done = dev::announce(config->data, options.services, *secrets, *contracts, ""); !done)
    return complain(done.error());
  spdlog::info("router {}; {} says the rest, and roles find it with --dev", to_text(contracts->router),
               dev::dev_json(config->data).string());
  return kExitDone;
}

}  // namespace

void add_dev_setup(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* const setup = app.add_subcommand(
      "dev-setup",
      "Make a development chain that runs elsewhere ready for roles that are started with --dev");
  add_target_options(*setup, options->target);
  setup->add_option("--friendbot-url", options->services.friendbot_url, "Who gives away play money there")
      ->required();
  setup->footer(
      "Takes chain.rpc_url, chain.network_passphrase and database.url from the configuration. Makes up "
      "keys,\n"
      "accounts, the contracts and a viewer whose meter holds 5 XLM, and writes dev.json to the data "
      "folder.\n"
      "May be repeated: what is there is left alone. Refuses the public network.\n"
      "Exit codes: 0 all is there; 1 it failed; 2 wrong options or configuration.");
  setup->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace paytick::app
