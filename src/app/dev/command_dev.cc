// paytick dev: what `paytick up --dev` brings along, by itself, for roles that run as processes of their own.

#include <spdlog/spdlog.h>

#include <filesystem>
#include <iostream>

#include "app/commands.h"
#include "app/data_folder.h"
#include "app/dev/environment.h"
#include "app/logging.h"
#include "app/stop_signals.h"
#include "app/system_ports.h"
#include "app/target.h"

namespace paytick::app {
namespace {

struct Options {
  TargetOptions target;
  int ledger_ms = 1'000;
  bool no_ledger_limits = false;
};

int complain(const Error& error) {
  std::cerr << "paytick dev: " << error.message << " (" << error.code << ")\n";
  return error.code.starts_with("config_") ? kExitUsage : kExitFailed;
}

int run(const Options& options) {
  auto config = load_config(options.target.config_file, options.target.config_named, process_environment());
  if (!config) return complain(config.error());
  if (!options.target.data.empty()) config->data = options.target.data;
  if (auto done = set_up_logging(config->logging.level, config->logging.format); !done)
    return complain(done.error());
  const StopSignals signals;
  const auto folder = DataFolder::claim(config->data);
  if (!folder) return complain(folder.error());
  SystemRandom random;
  auto environment = dev::Environment::start(
      {.data = config->data, .ledger_ms = options.ledger_ms, .ledger_limits = !options.no_ledger_limits},
      random);
  if (!environment) return complain(environment.error());
  if (auto done = (*environment)->announce(""); !done) return complain(done.error());
  spdlog::info("dev: at work; {} says where, and roles find it with --dev",
               dev::dev_json(config->data).string());
  while (!signals.asked(1'000)) {
  }
  signals.release();
  std::filesystem::remove(dev::dev_json(config->data));
  spdlog::info("dev: ended");
  return kExitDone;
}

}  // namespace

void add_dev(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* const dev = app.add_subcommand(
      "dev", "Run a local Stellar network and a private PostgreSQL for roles that are started with --dev");
  add_target_options(*dev, options->target);
  dev->add_option("--ledger-ms", options->ledger_ms, "How often a ledger closes")
      ->check(CLI::Range(10, 60'000))
      ->capture_default_str();
  dev->add_flag("--no-ledger-limits", options->no_ledger_limits, "Ledgers hold any number of transactions");
  dev->footer(
      "Writes dev.json to the data folder once everything is there: addresses, keys, a viewer whose meter\n"
      "holds 5 XLM. Play money, loopback only.\n"
      "Exit codes: 0 it was ended; 1 it failed; 2 wrong options or configuration.");
  dev->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace paytick::app
