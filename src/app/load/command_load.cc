// paytick load: viewers against a running paytick, what they were answered, how fast, and whether it was
// billed.

#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <iostream>
#include <limits>
#include <thread>

#include "app/commands.h"
#include "app/config.h"
#include "app/dev/content.h"
#include "app/dev/dev_file.h"
#include "app/load/driver.h"
#include "app/load/elapsed.h"
#include "app/load/http_driver.h"
#include "app/load/mix/run_mix.h"
#include "app/load/process_driver.h"
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

std::atomic<bool> interrupted{false};

int complain(const Error& error) {
  std::cerr << "paytick load: " << error.message << " (" << error.code << ")\n";
  return error.code.starts_with("bad_") || error.code == "no_order" || error.code == "too_fast" ||
                 error.code == "too_many_sockets"
             ? kExitUsage
             : kExitFailed;
}

// What /metrics says now; empty when it does not answer.
std::string ask_metrics(const std::string& listen) {
  auto client = chain::HttpClient::create(listen);
  if (!client) return {};
  auto answer = client->get("/metrics");
  return answer && answer->status == 200 ? "\n" + std::move(answer->body) : std::string();
}

std::vector<std::string> ask_metrics(const std::vector<std::string>& listen) {
  std::vector<std::string> pages;
  for (const std::string& url : listen) pages.push_back(ask_metrics(url));
  return pages;
}

// The ticks that the fold has bought, over all aggregators.
std::optional<std::uint64_t> ask_ticks(const load::Job& job) {
  std::optional<std::uint64_t> sum;
  for (const std::string& page : ask_metrics(job.options.metrics.empty() ? job.listen : job.options.metrics))
    if (const auto ticks = load::metric_sum(page, "paytick_fold_ticks_total"))
      sum = sum.value_or(0) + static_cast<std::uint64_t>(*ticks);
  return sum;
}

std::uint64_t raise_files_max() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_max == RLIM_INFINITY ? std::numeric_limits<std::uint32_t>::max() : limit.rlim_max;
}

// With meters, gateways and content named there is nothing to look up.
Result<dev::DevFile> find_system(const load::Options& options) {
  if (!options.meters.empty() && !options.listen.empty() && !options.content.empty() && !options.fund)
    return dev::DevFile{};
  return dev::read_dev_file(options.data);
}

Result<load::Job> prepare(const load::Options& options, const load::Plan& plan) {
  auto system = find_system(options);
  if (!system) return tl::unexpected(system.error());
  load::Job job;
  job.options = options;
  job.plan = plan;
  job.listen = options.listen.empty() ? std::vector{system->listen} : options.listen;
  system->listen = job.listen.front();
  job.api_key = system->platform_api_key;
  job.interrupted = &interrupted;
  if (const auto key = load_secret("PLATFORM_API_KEY", process_environment()); key && !key->empty())
    job.api_key = system->platform_api_key = *key;
  auto fleet = load::gather_fleet(options, plan, *system);
  if (!fleet) return tl::unexpected(fleet.error());
  job.fleet = std::move(*fleet);
  job.creator = system->creator;
  if (options.mix) return job;
  // Over HTTP nothing is bought before the first heartbeat of the schedule, so that every tick can be
  // foretold.
  auto content = options.content.empty() ? dev::create_content({.listen = job.listen.front(),
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
    std::optional<std::uint64_t> known;  // to the one that knows the fewest
    for (const std::string& page : ask_metrics(job.listen)) {
      const auto here = load::metric_sum(page, "paytick_gateway_meters");
      if (!here) return;
      known = std::min<std::uint64_t>(known.value_or(job.fleet.size()), static_cast<std::uint64_t>(*here));
    }
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
std::optional<std::int64_t> billed_since(std::uint64_t before, std::int64_t expected, const load::Job& job) {
  std::optional<std::int64_t> billed;
  auto progressed = Clock::now();
  while (Clock::now() - progressed < kBillingPatience) {
    const auto ticks = ask_ticks(job);
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
  const auto before_connections = load::read_sample(ask_metrics(job.listen));
  const auto open_begin = Clock::now();
  auto opened = watched(
      [&] { return driver.open(); },
      [&] { return "opening sessions " + progress_bar(driver.ready(), job.fleet.size(), open_begin); });
  if (!opened) return tl::unexpected(opened.error());
  const auto before = ask_ticks(job);
  const auto at_begin = load::read_sample(ask_metrics(job.listen));
  const auto begin = Clock::now();
  std::uint64_t last = 0, last_ms = 0;
  auto ran = watched([&] { return driver.run(begin); },
                     [&] {
                       const load::Tally tally = driver.tally();
                       const std::uint64_t ms = load::milliseconds_since(begin);
                       const std::uint64_t rate =
                           (tally.accepted - last) * 1'000 / std::max<std::uint64_t>(ms - last_ms, 1);
                       last = tally.accepted;
                       last_ms = ms;
                       return load::progress_words(tally, rate, ms, job.plan.run_ms);
                     });
  if (!ran) return tl::unexpected(ran.error());
  load::Outcome outcome;
  outcome.spent_ms = load::milliseconds_since(begin);
  const auto pages = ask_metrics(job.listen);
  outcome.history_behind_s =
      load::metric_text(pages.front(), "paytick_projection_behind_seconds").value_or("");
  outcome.tally = driver.tally();
  const std::uint64_t answers = outcome.tally.accepted + outcome.tally.refused;
  outcome.gateway = load::figures(before_connections, at_begin, load::read_sample(pages), answers);
  if (driver.expected_ticks() >= 0) outcome.expected = driver.expected_ticks();
  if (before && outcome.expected) outcome.billed = billed_since(*before, *outcome.expected, job);
  driver.close();
  return outcome;
}

int run_mix(const load::Job& job) {
  wait_for_meters(job);
  ProgressLine line;
  const auto outcome = load::run_mix(
      job, job.creator,
      [&job] {
        auto pages = ask_metrics(job.listen);
        for (std::string& page : ask_metrics(job.options.metrics)) pages.push_back(std::move(page));
        return pages;
      },
      [&line](const std::string& words) { line.show(words); });
  line.clear();
  if (!outcome) return complain(outcome.error());
  std::cout << (job.options.json ? to_json(*outcome, job.options) : to_words(*outcome, job.options))
            << std::flush;
  return outcome->good() ? kExitDone : kExitFailed;
}

int run(const load::Options& options) {
  const auto plan = load::plan_of(options, raise_files_max());
  if (!plan) return complain(plan.error());
  std::signal(SIGINT, [](int) { interrupted = true; });
  std::signal(SIGPIPE, SIG_IGN);
  auto job = prepare(options, *plan);
  if (!job) return complain(job.error());
  if (options.mix) return run_mix(*job);
  SystemClock clock;
  SystemRandom random;
  // Names of sessions are never used twice.
  std::string run_name = "load";
  for (const std::uint8_t byte : random.id<OwnerId>().bytes) run_name += static_cast<char>('a' + byte % 26);
  std::unique_ptr<load::Driver> driver;
  if (options.over_http()) {
    driver = std::make_unique<load::HttpDriver>(*job, run_name, clock);
  } else if (plan->processes > 1) {
    auto several = load::ProcessDriver::create(*job);
    if (!several) return complain(several.error());
    driver = std::move(*several);
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
