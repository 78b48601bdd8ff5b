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
  std::uint64_t steps = 800;
  std::string plant;
};

int run(const Options& options) {
  const auto bug =
      options.plant.empty() ? std::optional(simulation::Bug::none) : simulation::bug_named(options.plant);
  if (!bug) {
    std::cerr << "simulate: there is no bug named '" << options.plant << "'; see --help\n";
    return kExitUsage;
  }
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < options.seeds; ++i) {
    const auto report = simulation::run_simulation(options.seed + i, options.steps, *bug);
    if (options.seeds == 1 || !report.ok()) std::cout << simulation::to_text(report) << "\n";
    if (!report.ok()) {
      std::cout << "The last events:\n";
      for (const auto& event : report.last_events) std::cout << "  " << event << "\n";
      std::cout << "Again: paytick simulate --seed " << options.seed + i << " --steps " << options.steps
                << (options.plant.empty() ? "" : " --plant " + options.plant) << "\n";
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
  std::string bugs;
  for (const simulation::Bug bug : simulation::all_bugs()) {
    bugs.append(bugs.empty() ? "" : ", ").append(simulation::to_text(bug));
  }
  simulate->add_option("--plant", options->plant, "A bug to plant, to see it caught: " + bugs);
  simulate->footer(
      "Exit codes: 0 all agrees; 1 a difference was found, as a planted bug should be; 2 wrong options.");
  simulate->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace paytick::app
