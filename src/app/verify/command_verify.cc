// paytick verify: reads the log itself, so it needs no help from the process it checks.

#include <chrono>
#include <iostream>

#include "app/commands.h"
#include "app/progress.h"
#include "app/verify/verify_system.h"

namespace paytick::app {
namespace {

struct Options {
  TargetOptions target;
  bool json = false;
};

int complain(const Error& error) {
  std::cerr << "paytick verify: " << error.message << " (" << error.code << ")\n";
  return kExitUsage;
}

int run(const Options& options) {
  ProgressLine line;
  const auto begin = std::chrono::steady_clock::now();
  const auto report = verify_system(options.target, [&](std::uint64_t done, std::uint64_t total) {
    line.show("folding again " + progress_bar(done, total, begin) + " records");
  });
  line.clear();
  if (!report) return complain(report.error());
  std::cout << (options.json ? to_json(*report) : to_words(*report));
  return report->difference ? kExitFailed : kExitDone;
}

}  // namespace

void add_verify(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* const verify = app.add_subcommand(
      "verify", "Compare log, database and chain; exit 1 and the first difference if there is one");
  add_target_options(*verify, options->target);
  verify->add_flag("--json", options->json, "The report as JSON");
  verify->footer(
      "Works beside a running paytick and without one. Chain and database are those of dev.json while "
      "`paytick up\n"
      "--dev` runs, else those of the configuration; what is not known is not asked, and the report says "
      "so.\n"
      "Exit codes: 0 they agree; 1 they differ; 2 it could not be asked.");
  verify->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace paytick::app
