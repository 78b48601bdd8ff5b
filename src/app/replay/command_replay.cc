// paytick replay: PostgreSQL anew from the log, beside whoever is writing either.

#include <chrono>
#include <csignal>
#include <ctime>
#include <iostream>

#include "app/commands.h"
#include "app/kafka_config.h"
#include "app/progress.h"
#include "app/system_ports.h"
#include "app/target.h"
#include "app/webhook_config.h"
#include "projections/replay.h"
#include "projections/schemas.h"

namespace paytick::app {
namespace {

struct Options {
  TargetOptions target;
  bool dry_run = false;
  bool start_over = false;
  std::string until;
};

volatile std::sig_atomic_t interrupted = 0;

int complain(const Error& error) {
  std::cerr << "paytick replay: " << error.message << " (" << error.code << ")\n";
  return error.code.starts_with("config_") || error.code.starts_with("secret_") ||
                 error.code == "bad_until" || error.code == "no_database" || error.code == "log_missing"
             ? kExitUsage
             : kExitFailed;
}

// Milliseconds since the epoch, or 2026-11-21T05:00:00Z.
Result<TimeMs> parse_time(const std::string& text) {
  if (text.find_first_not_of("0123456789") == std::string::npos && text.size() < 16)
    return TimeMs{std::stoll(text)};
  std::tm parts{};
  const char* const rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (rest == nullptr || *rest != '\0')
    return fail("bad_until", "--until takes a time as 2026-11-21T05:00:00Z, or milliseconds since the epoch");
  return TimeMs{static_cast<std::int64_t>(::timegm(&parts)) * 1'000};
}

int run(const Options& options) {
  const auto target = find_target(options.target);
  if (!target) return complain(target.error());
  projections::ReplayOptions replay;
  replay.database_url = target->database_url;
  replay.dry_run = options.dry_run;
  replay.start_over = options.start_over;
  if (!options.until.empty()) {
    const auto until = parse_time(options.until);
    if (!until) return complain(until.error());
    replay.until = *until;
  }
  const auto outbox = outbox_settings(target->config);
  if (!outbox) return complain(outbox.error());
  if (options.until.empty()) replay.outbox = *outbox;
  if (replay.database_url.empty() && !replay.dry_run)
    return complain({"no_database",
                     "which database? Set DATABASE_URL, or let `paytick up --dev` run on this data folder",
                     Next::refused});
  auto log = open_log_to_read(target->config, process_environment());
  if (!log) return complain(log.error());

  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  SystemRandom random;
  ProgressLine line;
  const auto begin = std::chrono::steady_clock::now();
  const auto report = projections::replay(**log, random, replay, [&](const projections::ReplayProgress& now) {
    line.show("replaying " + progress_bar(now.records, now.records_total, begin) + " records, " +
                  with_commas(now.rows) + " rows",
              now.records >= now.records_total);
    return interrupted == 0;
  });
  if (!report) return complain(report.error());
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
  std::cout << with_commas(report->done.records) << " records gave " << with_commas(report->done.rows)
            << " rows in " << ms << " ms" << (report->resumed ? ", the rest of an earlier replay" : "")
            << "\n";
  if (options.dry_run)
    std::cout << "Dry run: nothing was written.\n";
  else if (report->swapped)
    std::cout << "Schema " << projections::kSchema
              << " holds them now; a running paytick goes on from there.\n";
  else
    std::cout << "They stand in schema " << projections::kShadow << "; schema " << projections::kSchema
              << " is as it was.\n";
  return kExitDone;
}

}  // namespace

void add_replay(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* const replay = app.add_subcommand(
      "replay", "Rebuild PostgreSQL from the log beside the tables in use, and swap when it is done");
  add_target_options(*replay, options->target);
  replay->add_flag("--dry-run", options->dry_run, "Read and check everything, write nothing");
  replay->add_option(
      "--until", options->until,
      "Leave out what the log took later (2026-11-21T05:00:00Z or milliseconds); the tables in use "
      "stay, the rebuilt ones are kept in schema paytick_replay");
  replay->add_flag("--start-over", options->start_over,
                   "Drop what an interrupted replay has left, instead of going on");
  replay->footer(
      "An interrupted replay (Ctrl-C, a lost connection) goes on where it was when it is called again.\n"
      "Exit codes: 0 done; 1 it failed or was interrupted; 2 wrong options or configuration.");
  replay->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace paytick::app
