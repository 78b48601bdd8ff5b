#include "app/roles/aggregate_side.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "app/metrics/collectors.h"
#include "app/progress.h"
#include "app/roles/partition_share.h"

namespace paytick::app {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A transaction costs the broker a few milliseconds, whatever is in it.
constexpr std::int64_t kKafkaCommitMs = 20;
// Whose partition it is, the group says at its next heartbeat.
constexpr milliseconds kFencedWait{500};

}  // namespace

AggregateSide::AggregateSide(RoleContext context, aggregator::ReplySink& replies, OnRestored on_restored)
    : context_(std::move(context)), on_restored_(std::move(on_restored)) {
  const Config::Aggregator& settings = context_.settings.config.aggregator;
  aggregator::RunnerConfig config;
  config.worker.snapshot_every_bytes = static_cast<std::size_t>(settings.snapshot_every_mb) << 20;
  config.commit_interval = milliseconds(settings.commit_interval_ms >= 0 ? settings.commit_interval_ms
                                        : context_.alone                 ? kKafkaCommitMs
                                                                         : 0);
  config.fenced_wait = kFencedWait;
  config.on_restored = [this](PartitionId partition, const aggregator::Fold& fold, Offset position) {
    restored(partition, fold, position);
  };
  for (std::uint32_t p = 0; p < context_.log.partitions(); ++p)
    step_times_.push_back(std::make_unique<metrics::Times>(metrics::kWriteSeconds));
  config.on_step = [this](PartitionId partition, std::chrono::nanoseconds time) {
    step_times_.at(static_cast<std::uint32_t>(partition))->add(time);
  };
  runner_ = std::make_unique<aggregator::Runner>(
      std::move(config), context_.log, context_.clock, context_.random, replies,
      [this](PartitionId partition, const Error& error) { note_error(partition, error); });
}

AggregateSide::~AggregateSide() { stop(); }

Result<void> AggregateSide::start() {
  context_.health.add("aggregator", true, [this] { return trouble(); });
  context_.metrics.add([this](metrics::Page& page) { collect(page); });
  runner_->start();
  lag_ = std::make_unique<LagWatch>("aggregator", context_.log, log::Topic::heartbeats, [this] {
    std::map<PartitionId, Offset> next;
    for (const auto& status : runner_->partitions())
      if (status.ready) next[status.partition] = status.next;
    return next;
  });
  source_ = context_.partitions(RoleName::aggregate);
  return source_->start({[this](const auto& partitions) { assigned(partitions); },
                         [this](const auto& partitions) { revoked(partitions); }});
}

void AggregateSide::assigned(const std::vector<PartitionId>& partitions) {
  spdlog::info("aggregator: takes over partitions {}", to_words(partitions));
  runner_->assign(partitions);
  const std::lock_guard lock(mutex_);
  asked_ = true;
}

void AggregateSide::revoked(const std::vector<PartitionId>& partitions) {
  runner_->revoke(partitions);
  spdlog::info("aggregator: gave back partitions {}", to_words(partitions));
}

void AggregateSide::restored(PartitionId partition, const aggregator::Fold& fold, Offset position) {
  if (on_restored_) on_restored_(partition, fold, position);
  std::uint64_t replayed = 0;
  for (const auto& status : runner_->partitions())
    if (status.partition == partition) replayed = status.work.replayed;
  spdlog::info("aggregator: partition {} stands at input {}, {} records folded again",
               static_cast<std::uint32_t>(partition), static_cast<std::int64_t>(position), replayed);
}

void AggregateSide::note_error(PartitionId partition, const Error& error) {
  spdlog::log(error.next == Next::fatal ? spdlog::level::err : spdlog::level::warn,
              "aggregator: partition {}: {} ({})", static_cast<std::uint32_t>(partition), error.message,
              error.code);
  if (error.next != Next::fatal) return;
  {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = error;
  }
  // Alone, the others' billing goes on: a partition that is broken here is broken everywhere.
  if (!context_.alone) context_.fatal(error);
}

std::optional<Error> AggregateSide::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

std::optional<Error> AggregateSide::trouble() const {
  if (runner_->has_failed())
    return Error{"partition_stopped", "a partition has stopped; the log says why", Next::fatal};
  if (source_)
    if (auto trouble = source_->trouble()) return trouble;
  {
    const std::lock_guard lock(mutex_);
    if (!asked_) return Error{"joining", "no partitions have been assigned yet", Next::retry};
  }
  if (!runner_->is_ready()) return Error{"restoring", "partitions are being taken over", Next::retry};
  return std::nullopt;
}

Result<void> AggregateSide::await_ready() {
  auto told = steady_clock::now();
  while (!runner_->is_ready()) {
    if (auto error = failure()) return tl::unexpected(*error);
    if (context_.stop_asked()) return fail("stop_asked", "a signal asked for the end", Next::abort);
    std::this_thread::sleep_for(milliseconds(5));
    if (steady_clock::now() - told > std::chrono::seconds(2)) {
      told = steady_clock::now();
      spdlog::info("restoring: {} records folded again", with_commas(runner_->worker_counters().replayed));
    }
  }
  return {};
}

bool AggregateSide::is_behind() const {
  for (const auto& status : runner_->partitions()) {
    const auto range = context_.log.range({log::Topic::heartbeats, status.partition});
    if (range && status.next < range->end) return true;
  }
  return false;
}

void AggregateSide::catch_up(milliseconds patience) {
  const auto deadline = steady_clock::now() + patience;
  while (is_behind() && !failure() && steady_clock::now() < deadline)
    std::this_thread::sleep_for(milliseconds(2));
}

void AggregateSide::stop() {
  if (source_) source_->stop();
  runner_->stop();
}

void AggregateSide::collect(metrics::Page& page) const {
  const auto totals = runner_->totals();
  metrics::collect_aggregator(page, totals, runner_->partitions(),
                              lag_ ? lag_->lags() : std::map<PartitionId, std::uint64_t>(),
                              context_.clock.now());
  for (const auto& [partition, counted] : totals) {
    const auto number = static_cast<std::uint32_t>(partition);
    page.set("paytick_aggregator_step_seconds", *step_times_.at(number),
             {{"partition", std::to_string(number)}});
  }
}

}  // namespace paytick::app
