// paytick: one program, a subcommand for each thing it does.

#include <exception>
#include <iostream>

#include "app/commands.h"

int main(int argc, char** argv) {
  CLI::App app{"paytick bills by the second and settles on Stellar."};
  app.set_version_flag("--version", PAYTICK_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::help);
  int exit_code = paytick::app::kExitDone;
  paytick::app::add_up(app, exit_code);
  paytick::app::add_play(app, exit_code);
  paytick::app::add_verify(app, exit_code);
  paytick::app::add_simulate(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? paytick::app::kExitDone : paytick::app::kExitUsage;
  } catch (const std::exception& error) {
    std::cerr << "paytick: " << error.what() << "\n";
    return paytick::app::kExitFailed;
  }
  return exit_code;
}
