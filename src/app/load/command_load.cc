// paytick load: viewers against a running paytick, what they were answered, how fast, and whether it was
// billed.

#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <iostream>
#include <thread>

#include "app/commands.h"
#include "app/config.h"
#include "app/dev/content.h"
#include "app/dev/dev_file.h"
#include "app/load/driver.h"
#include "app/load/http_driver.h"
#include "app/load/report.h"
#include "app/load/socket_driver.h"
#include "app/load/wire.h"
#include "app/progress.h"
#include "app/system_ports.h"
#include "chain/http_client.h"
#include "model/hash.h"

namespace paytick::app {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kMetersPatience = 60s;   // without any progress, for the gateway to hear of the meters
constexpr auto kBillingPatience = 10s;  // without any progress, for the fold to bill what was accepted
constexpr rlim_t kOtherFiles = 64;      // descriptors besides the sockets

std::atomic<bool> interrupted{false};

int complain(const Error& error) {
  std::cerr << "paytick load: " << error.message << " (" << error.code << ")\n";
  return error.code.starts_with("bad_") || error.code == "no_order" || error.code == "too_fast" ? kExitUsage
                                                                                                : kExitFailed;
}

std::uint64_t milliseconds_since(Clock::time_point begin) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count());
}

// What /metrics says now; empty when it does not answer.
std::string ask_metrics(const std::string& listen) {
  auto client = chain::HttpClient::create(listen);
  if (!client) return {};
  auto answer = client->get("/metrics");
  return answer && answer->status == 200 ? std::move(answer->body) : std::string();
}

std::optional<std::uint64_t> ask_metric(const std::string& listen, std::string_view name) {
  return load::metric(ask_metrics(listen), name);
}

Result<void> allow_sockets(std::uint32_t viewers) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max == RLIM_INFINITY || viewers + kOtherFiles <= limit.rlim_max) return {};
  return fail("too_many_sockets", "this machine lets a process open " + std::to_string(limit.rlim_max) +
                                      " files (ulimit -n): take fewer viewers, or --over http");
}

Result<load::Job> prepare(const load::Options& options, const load::Plan& plan) {
  auto system = dev::read_dev_file(options.data);
  if (!system) return tl::unexpected(system.error());
  load::Job job;
  job.options = options;
  job.plan = plan;
  job.listen = system->listen;
  job.api_key = system->platform_api_key;
  job.interrupted = &interrupted;
  if (!options.listen.empty()) job.listen = system->listen = options.listen;
  if (const auto key = load_secret("PLATFORM_API_KEY", process_environment()); key && !key->empty())
    job.api_key = system->platform_api_key = *key;
  if (!options.over_http())
    if (auto done = allow_sockets(options.viewers); !done) return tl::unexpected(done.error());
  auto fleet = load::gather_fleet(options, plan, *system);
  if (!fleet) return tl::unexpected(fleet.error());
  job.fleet = std::move(*fleet);
  // Over HTTP nothing is bought before the first heartbeat of the schedule, so that every tick can be
  // foretold.
  auto content = options.content.empty() ? dev::create_content({.listen = job.listen,
                                                                .platform_api_key = job.api_key,
                                                                .title = "Load test",
                                                                .creator = system->creator,
                                                                .tick_ms = options.tick_ms,
                                                                .price = plan.price,
                                                                .minimum_ticks = options.over_http() ? 0 : 1})
                                         : Result<std::string>(options.content);
  if (!content) return tl::unexpected(content.error());
  job.content = std::move(*content);
  return job;
}

// The reports of new meters reach the gateway over the chain's events.
void wait_for_meters(const load::Job& job) {
  ProgressLine line;
  const auto begin = Clock::now();
  auto progressed = begin;
  std::uint64_t before = 0;
  while (!interrupted && Clock::now() - progressed < kMetersPatience) {
    const auto known = ask_metric(job.listen, "paytick_gateway_meters");
    if (!known || *known >= job.fleet.size()) return;
    if (*known != before) progressed = Clock::now();
    before = *known;
    line.show("meters known to the gateway " + progress_bar(*known, job.fleet.size(), begin));
    std::this_thread::sleep_for(200ms);
  }
}

// Runs `work` on a thread and shows `words()` meanwhile.
template <typename Work, typename Words>
auto watched(Work work, Words words) {
  ProgressLine line;
  std::atomic<bool> done{false};
  std::optional<decltype(work())> result;
  std::thread thread([&] {
    result = work();
    done = true;
  });
  auto shown = Clock::now();
  while (!done) {
    std::this_thread::sleep_for(20ms);
    if (Clock::now() - shown < 1s) continue;
    shown = Clock::now();
    line.show(words());
  }
  thread.join();
  return std::move(*result);
}

// What the fold has billed since `before`, once it is what was to be billed or grows no more.
std::optional<std::int64_t> billed_since(std::uint64_t before, std::int64_t expected,
                                         const std::string& listen) {
  std::optional<std::int64_t> billed;
  auto progressed = Clock::now();
  while (Clock::now() - progressed < kBillingPatience) {
    const auto ticks = ask_metric(listen, "paytick_fold_ticks_total");
    if (!ticks) return std::nullopt;
    const auto now = static_cast<std::int64_t>(*ticks - before);
    if (now == expected) return now;
    if (billed != now) progressed = Clock::now();
    billed = now;
    std::this_thread::sleep_for(100ms);
  }
  return billed;
}

Result<load::Outcome> drive(load::Driver& driver, const load::Job& job) {
  wait_for_meters(job);
  const auto open_begin = Clock::now();
  auto opened = watched(
      [&] { return driver.open(); },
      [&] { return "opening sessions " + progress_bar(driver.ready(), job.fleet.size(), open_begin); });
  if (!opened) return tl::unexpected(opened.error());
  const auto before = ask_metric(job.listen, "paytick_fold_ticks_total");
  const auto begin = Clock::now();
  std::uint64_t last = 0, last_ms = 0;
  auto ran = watched([&] { return driver.run(); },
                     [&] {
                       const load::Tally tally = driver.tally();
                       const std::uint64_t ms = milliseconds_since(begin);
                       const std::uint64_t rate =
                           (tally.accepted - last) * 1'000 / std::max<std::uint64_t>(ms - last_ms, 1);
                       last = tally.accepted;
                       last_ms = ms;
                       return load::progress_words(tally, rate, ms, job.plan.run_ms);
                     });
  if (!ran) return tl::unexpected(ran.error());
  load::Outcome outcome;
  outcome.spent_ms = milliseconds_since(begin);
  const std::string metrics = ask_metrics(job.listen);
  outcome.history_behind_s = load::metric_text(metrics, "paytick_projection_behind_seconds").value_or("");
  outcome.tally = driver.tally();
  if (driver.expected_ticks() >= 0) outcome.expected = driver.expected_ticks();
  if (before && outcome.expected) outcome.billed = billed_since(*before, *outcome.expected, job.listen);
  driver.close();
  return outcome;
}

int run(const load::Options& options) {
  const auto plan = load::plan_of(options);
  if (!plan) return complain(plan.error());
  std::signal(SIGINT, [](int) { interrupted = true; });
  std::signal(SIGPIPE, SIG_IGN);
  auto job = prepare(options, *plan);
  if (!job) return complain(job.error());
  SystemClock clock;
  SystemRandom random;
  // Names of sessions are never used twice.
  std::string run_name = "load";
  for (const std::uint8_t byte : random.id<OwnerId>().bytes) run_name += static_cast<char>('a' + byte % 26);
  std::unique_ptr<load::Driver> driver;
  if (options.over_http()) {
    driver = std::make_unique<load::HttpDriver>(*job, run_name, clock);
  } else {
    driver = std::make_unique<load::SocketDriver>(*job);
  }
  const auto outcome = drive(*driver, *job);
  if (!outcome) return complain(outcome.error());
  std::cout << (options.json ? to_json(*outcome, options, *plan) : to_words(*outcome, options, *plan))
            << std::flush;
  return outcome->good() ? kExitDone : kExitFailed;
}

}  // namespace

void add_load(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<load::Options>();
  CLI::App* const command = app.add_subcommand(
      "load", "Drive viewers against a running paytick: rates, latencies, and whether it was billed");
  load::declare(*command, *options);
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace paytick::app
