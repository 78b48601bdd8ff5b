#include "app/load/mix/run_mix.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include "app/config.h"
#include "app/load/elapsed.h"
#include "app/load/mix/mix_driver.h"
#include "app/load/wire.h"
#include "app/progress.h"
#include "app/verify/verify_system.h"

namespace paytick::app::load {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Progress = std::function<void(const std::string&)>;

constexpr std::uint64_t kShortRunMs = 300'000;  // below it the viewers take their turns more often
constexpr std::uint64_t kTurnsOfShortRun = 6, kTurnUsMin = 1'000'000;
constexpr auto kSettlePatience = 120s;  // without any progress

Result<VerifyReport> verify(const Job& job, const Progress& progress) {
  TargetOptions target;
  target.data = job.options.data;
  const auto begin = Clock::now();
  auto report = verify_system(target, [&](std::uint64_t done, std::uint64_t total) {
    progress("verifying " + progress_bar(done, total, begin) + " records");
  });
  if (report && report->difference)
    return fail("differ", "log, database and chain do not agree: " + *report->difference);
  return report;
}

// What is still on its way to the chain and to the database; nothing when the pages do not say.
struct Backlog {
  double unsettled = 0, uncredited = 0, in_flight = 0, records = 0;
  bool is_empty() const { return unsettled == 0 && uncredited == 0 && in_flight == 0 && records == 0; }
  friend bool operator==(const Backlog&, const Backlog&) = default;
};

std::optional<Backlog> read_backlog(const std::vector<std::string>& pages) {
  const auto sum = [&pages](std::string_view name) {
    std::optional<double> all;
    for (const std::string& page : pages)
      if (const auto here = metric_sum(page, name)) all = all.value_or(0) + *here;
    return all;
  };
  const auto due = sum("paytick_settler_due_units"), settled = sum("paytick_settler_settled_units"),
             records = sum("paytick_projection_lag_records");
  if (!due || !settled || !records) return std::nullopt;
  Backlog backlog;
  backlog.unsettled = *due - *settled;
  backlog.uncredited = sum("paytick_settler_credits_ordered_units").value_or(0) -
                       sum("paytick_settler_credits_paid_units").value_or(0);
  backlog.in_flight = sum("paytick_settler_in_flight").value_or(0);
  backlog.records = *records;
  return backlog;
}

Result<void> wait_until_settled(const AskMetrics& metrics, const Progress& progress) {
  const auto begin = Clock::now();
  auto progressed = begin;
  std::optional<Backlog> before;
  while (Clock::now() - progressed < kSettlePatience) {
    const auto backlog = read_backlog(metrics());
    if (backlog && backlog->is_empty()) return {};
    if (backlog && before != backlog) progressed = Clock::now();
    before = backlog;
    if (backlog)
      progress(fmt::format("settling for {} s: {:.7f} unsettled, {:.7f} of credits; {} records to project",
                           milliseconds_since(begin) / 1'000, backlog->unsettled / kUnitsPerWhole,
                           backlog->uncredited / kUnitsPerWhole, backlog->records));
    std::this_thread::sleep_for(200ms);
  }
  if (!before)
    return fail("not_settled", "no /metrics says what is settled; name the settler's with --metrics");
  return fail("not_settled", "what is due is not settled, and nothing moves", Next::retry);
}

// Shows how far the driver is, once a second.
class Teller {
 public:
  Teller(const MixDriver& driver, const Job& job, const Progress& progress)
      : thread_([this, &driver, &job, &progress] {
          for (int i = 1; !done_; ++i) {
            std::this_thread::sleep_for(100ms);
            if (i % 10 != 0) continue;
            progress(runs_ ? progress_words(driver.tally(), milliseconds_since(begin_), job.plan.run_ms)
                           : fmt::format("{} of {} players are ready", with_commas(driver.ready()),
                                         with_commas(job.fleet.size())));
          }
        }) {}
  ~Teller() {
    done_ = true;
    thread_.join();
  }
  Teller(const Teller&) = delete;
  Teller& operator=(const Teller&) = delete;

  void begin_run() {
    begin_ = Clock::now();
    runs_ = true;
  }

 private:
  Clock::time_point begin_;
  std::atomic<bool> runs_{false}, done_{false};
  std::thread thread_;
};

Result<void> drive(MixDriver& driver, const Job& job, const Progress& progress, MixOutcome& outcome) {
  Teller teller(driver, job, progress);
  if (auto opened = driver.open(); !opened) return opened;
  teller.begin_run();
  const auto begin = Clock::now();
  driver.run();
  outcome.run_ms = milliseconds_since(begin);
  std::signal(SIGINT, SIG_DFL);  // what follows is bounded; who is in a hurry ends it
  return driver.close();
}

}  // namespace

Result<MixOutcome> run_mix(const Job& job, const std::string& creator, const AskMetrics& metrics,
                           const Progress& progress) {
  const auto stage = make_stage(job, creator);
  if (!stage) return tl::unexpected(stage.error());
  if (auto quiet = wait_until_settled(metrics, progress); !quiet) return tl::unexpected(quiet.error());
  const auto before = verify(job, progress);
  if (!before) return tl::unexpected(before.error());
  const auto secret = load_secret("BILLING_WEBHOOK_SECRET", process_environment());
  const std::uint64_t turn_us = job.plan.run_ms < kShortRunMs
                                    ? std::max(job.plan.run_ms * 1'000 / kTurnsOfShortRun, kTurnUsMin)
                                    : kTurnUs;
  MixDriver driver(job, *stage, secret ? *secret : "", turn_us);
  MixOutcome outcome;
  if (auto driven = drive(driver, job, progress, outcome); !driven) return tl::unexpected(driven.error());
  const auto ended = Clock::now();
  if (auto settled = wait_until_settled(metrics, progress); !settled) return tl::unexpected(settled.error());
  outcome.settled_after_ms = milliseconds_since(ended);
  progress("comparing the viewers' histories with what they were answered");
  if (auto checked = driver.check_bills(); !checked) return tl::unexpected(checked.error());
  const auto after = verify(job, progress);
  if (!after) return tl::unexpected(after.error());
  outcome.tally = driver.tally();
  outcome.acknowledged = driver.acknowledged();
  outcome.spent = driver.spent();
  outcome.charged = subtract(after->charged, before->charged).value_or(Amount{});
  outcome.ordered = subtract(after->credits_ordered, before->credits_ordered).value_or(Amount{});
  outcome.due = after->due;
  outcome.settled = after->settled;
  outcome.credits = after->credits_ordered;
  outcome.credited = after->credits_paid;
  return outcome;
}

}  // namespace paytick::app::load
