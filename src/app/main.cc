// paytick: one program, a subcommand for each thing it does.

#include <cstdio>
#include <exception>
#include <string>

#include "aggregator/step_memory.h"
#include "app/commands.h"

namespace {

// What is wrong and where to read on, in two lines: the options of a command fill a screen, and would hide
// it.
std::string words(const CLI::App* app, const CLI::Error& error) {
  const auto commands = app->get_subcommands();
  const auto unknown = app->remaining();
  if (commands.empty() && unknown.empty()) return app->help();
  if (commands.empty()) return "paytick: there is no command '" + unknown.front() + "'; see paytick --help\n";
  const std::string command = "paytick " + commands.front()->get_name();
  return command + ": " + error.what() + "\nSee " + command + " --help\n";
}

int run(int argc, char** argv) {
  CLI::App app{"paytick bills by the second and settles on Stellar."};
  app.set_version_flag("--version", PAYTICK_VERSION);
  app.require_subcommand(1);
  app.failure_message(words);
  int exit_code = paytick::app::kExitDone;
  paytick::app::add_up(app, exit_code);
  paytick::app::add_dev_setup(app, exit_code);
  paytick::app::add_roles(app, exit_code);
  paytick::app::add_dev(app, exit_code);
  paytick::app::add_play(app, exit_code);
  paytick::app::add_refund(app, exit_code);
  paytick::app::add_load(app, exit_code);
  paytick::app::add_verify(app, exit_code);
  paytick::app::add_replay(app, exit_code);
  paytick::app::add_keys(app, exit_code);
  paytick::app::add_topics(app, exit_code);
  paytick::app::add_webhooks(app, exit_code);
  paytick::app::add_simulate(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? paytick::app::kExitDone : paytick::app::kExitUsage;
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  paytick::aggregator::keep_memory_of_steps();
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "paytick: %s\n", error.what());
  } catch (...) {
    std::fputs("paytick: an unknown error ended it\n", stderr);
  }
  return paytick::app::kExitFailed;
}
