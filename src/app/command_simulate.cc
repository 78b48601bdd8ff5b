// paytick simulate: the pipeline in one thread under a seed, with faults.

#include <chrono>
#include <iostream>

#include "app/commands.h"
#include "simulation/simulator.h"

namespace paytick::app {
namespace {

struct Options {
  std::uint64_t seed = 1;
  std::uint64_t seeds = 1;
  std::uint64_t steps = 600;
};

int run(const Options& options) {
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < options.seeds; ++i) {
    const auto report = simulation::run_simulation(options.seed + i, options.steps);
    if (options.seeds == 1 || !report.ok()) std::cout << simulation::to_text(report) << "\n";
    if (!report.ok()) {
      std::cout << "Again: paytick simulate --seed " << options.seed + i << " --steps " << options.steps
                << "\n";
      return kExitFailed;
    }
  }
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin).count();
  std::cout << options.seeds << " seeds of " << options.steps << " steps agree with the auditor (" << seconds
            << " s)\n";
  return kExitDone;
}

}  // namespace

void add_simulate(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* const simulate = app.add_subcommand(
      "simulate", "Run the pipeline in one thread under a seed, with faults, and audit the result");
  simulate->add_option("--seed", options->seed, "The first seed")->capture_default_str();
  simulate->add_option("--seeds", options->seeds, "How many, one after the other")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  simulate->add_option("--steps", options->steps, "Steps of each")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  simulate->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace paytick::app
