#include "app/roles/aggregate_side.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <thread>

namespace paytick::app {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

AggregateSide::AggregateSide(RoleContext context, aggregator::ReplySink& replies, OnRestored on_restored)
    : context_(std::move(context)) {
  aggregator::RunnerConfig config;
  for (std::uint32_t p = 0; p < context_.log.partitions(); ++p) config.partitions.push_back(PartitionId{p});
  config.worker.snapshot_every_bytes =
      static_cast<std::size_t>(context_.settings.config.aggregator.snapshot_every_mb) << 20;
  config.on_restored = std::move(on_restored);
  runner_ = std::make_unique<aggregator::Runner>(
      std::move(config), context_.log, context_.clock, context_.random, replies,
      [this](PartitionId partition, const Error& error) {
        spdlog::log(error.next == Next::fatal ? spdlog::level::err : spdlog::level::warn,
                    "aggregator: partition {}: {} ({})", static_cast<std::uint32_t>(partition), error.message,
                    error.code);
        if (error.next != Next::fatal) return;
        {
          const std::lock_guard lock(mutex_);
          if (!failure_) failure_ = error;
        }
        context_.fatal(error);
      });
}

Result<void> AggregateSide::start() {
  runner_->start();
  spdlog::info("restoring {} partitions", context_.log.partitions());
  auto told = steady_clock::now();
  while (!runner_->is_ready()) {
    {
      const std::lock_guard lock(mutex_);
      if (failure_) return tl::unexpected(*failure_);
    }
    if (context_.stop_asked()) return fail("stop_asked", "a signal asked for the end", Next::abort);
    std::this_thread::sleep_for(milliseconds(5));
    if (steady_clock::now() - told > std::chrono::seconds(2)) {
      told = steady_clock::now();
      spdlog::info("restoring: {} inputs folded again", runner_->fold_counters().inputs);
    }
  }
  context_.health.add("aggregator", true, [this]() -> std::optional<Error> {
    if (runner_->has_failed())
      return Error{"partition_stopped", "a partition has stopped; the log says why", Next::fatal};
    if (!runner_->is_ready()) return Error{"restoring", "partitions are being taken over", Next::retry};
    return std::nullopt;
  });
  return {};
}

bool AggregateSide::is_behind() const {
  const auto positions = runner_->positions();
  for (std::uint32_t p = 0; p < context_.log.partitions(); ++p) {
    const auto range = context_.log.range({log::Topic::heartbeats, PartitionId{p}});
    if (range && positions[p] < range->end) return true;
  }
  return false;
}

void AggregateSide::catch_up(milliseconds patience) {
  const auto deadline = steady_clock::now() + patience;
  const auto failed = [this] {
    const std::lock_guard lock(mutex_);
    return failure_.has_value();
  };
  while (is_behind() && !failed() && steady_clock::now() < deadline)
    std::this_thread::sleep_for(milliseconds(2));
}

void AggregateSide::stop() { runner_->stop(); }

std::string AggregateSide::metrics() const {
  const auto fold = runner_->fold_counters();
  const auto work = runner_->worker_counters();
  std::string text;
  const auto add = [&text](const char* name, const char* help, std::uint64_t value) {
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} counter\n{0} {2}\n", name, help, value);
  };
  add("paytick_fold_inputs_total", "Input lines folded since the start.", fold.inputs);
  add("paytick_fold_ticks_total", "Ticks bought.", fold.ticks);
  add("paytick_fold_duplicates_total", "Inputs that changed nothing.", fold.duplicates);
  add("paytick_fold_late_total", "Inputs outside the bounds of time.", fold.late);
  add("paytick_fold_rejected_total", "Inputs rejected, on record.", fold.rejected);
  add("paytick_fold_halts_total", "Sessions halted.", fold.halts);
  add("paytick_aggregator_commits_total", "Steps committed.", work.commits);
  add("paytick_aggregator_takeovers_total", "Partitions taken over.", work.takeovers);
  add("paytick_aggregator_snapshots_total", "Snapshots written.", work.snapshots);
  return text;
}

}  // namespace paytick::app
