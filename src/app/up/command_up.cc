// paytick up: all roles in one process on the embedded log.

#include <spdlog/spdlog.h>

#include <iostream>

#include "app/commands.h"
#include "app/data_folder.h"
#include "app/dev/environment.h"
#include "app/dev/role_settings.h"
#include "app/logging.h"
#include "app/stop_signals.h"
#include "app/target.h"
#include "app/up/system.h"

namespace paytick::app {
namespace {

struct Options {
  TargetOptions target;
  std::string listen;
  bool development = false;
  int ledger_ms = 1'000;
  bool no_ledger_limits = false;
};

int complain(const Error& error) {
  std::cerr << "paytick up: " << error.message << " (" << error.code << ")\n";
  return error.code.starts_with("config_") || error.code.starts_with("secret_") ? kExitUsage : kExitFailed;
}

int run(const Options& options) {
  auto config = load_config(options.target.config_file, options.target.config_named, process_environment());
  if (!config) return complain(config.error());
  if (!options.target.data.empty()) config->data = options.target.data;
  if (!options.listen.empty()) config->gateway.listen = options.listen;
  if (auto done = set_up_logging(config->logging.level, config->logging.format); !done)
    return complain(done.error());
  if (auto done = IngestSide::check(*config); !done) return complain(done.error());

  const StopSignals signals;
  Result<RoleSettings> settings = fail("unset", "");
  if (!options.development) {
    settings = production_settings(*config, {.chain = true, .database = true, .platform = true});
    if (!settings) return complain(settings.error());
  }
  const auto folder = DataFolder::claim(config->data);
  if (!folder) return complain(folder.error());
  std::unique_ptr<dev::Environment> environment;
  if (options.development) {
    spdlog::warn(
        "DEVELOPMENT MODE: no logins, play money, loopback only. Never expose this process to a network.");
    SystemRandom random;
    auto started = dev::Environment::start(
        {.data = config->data, .ledger_ms = options.ledger_ms, .ledger_limits = !options.no_ledger_limits},
        random);
    if (!started) return complain(started.error());
    environment = std::move(*started);
    settings =
        dev::development_settings(*config, environment->secrets(),
                                  {environment->network().rpc_url(), environment->network().passphrase(),
                                   environment->postgres().url(), environment->router()});
  }

  auto system = System::start(std::move(*settings), [&signals] { return signals.asked(0); });
  if (!system && system.error().code == "stop_asked") {
    spdlog::info("ended before it was ready");
    return kExitDone;
  }
  if (!system) return complain(system.error());
  // dev.json promises that everything in it works, the viewer's meter included.
  bool asked = false;
  while (environment && !asked && !(*system)->failure() &&
         !(*system)->knows_meter(environment->viewer_meter()))
    asked = signals.asked(20);
  if (environment && !asked) {
    if (auto done = environment->announce((*system)->listen()); !done) return complain(done.error());
  }
  spdlog::info("ready on {}", (*system)->listen());
  while (!asked && !(*system)->failure()) asked = signals.asked(100);
  if (environment) std::filesystem::remove(dev::dev_json(config->data));
  signals.release();
  spdlog::info("ending: no new connections; what is acknowledged is written");
  (*system)->drain();
  const auto failure = (*system)->failure();
  system->reset();
  spdlog::info("ended");
  if (!asked && failure) return complain(*failure);
  return kExitDone;
}

}  // namespace

void add_up(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* const up = app.add_subcommand("up", "Run everything in one process on the embedded log");
  add_target_options(*up, options->target);
  up->add_option("--listen", options->listen, "Address and port of the gateway; port 0 picks a free one");
  up->add_flag("--dev", options->development,
               "Development: bring a local Stellar network and a private PostgreSQL along, and write "
               "dev.json to the data folder");
  up->add_option("--ledger-ms", options->ledger_ms, "Development: how often a ledger closes")
      ->check(CLI::Range(10, 60'000))
      ->capture_default_str();
  up->add_flag("--no-ledger-limits", options->no_ledger_limits,
               "Development: ledgers hold any number of transactions");
  up->footer(
      "Ctrl-C or SIGTERM ends it in order: no new connections, what is acknowledged is folded, then it "
      "exits;\n"
      "a second signal ends it at once. Nothing is lost when it is killed either. The log goes to standard "
      "error.\n"
      "Exit codes: 0 it was ended; 1 it failed; 2 wrong options or configuration.");
  up->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace paytick::app
