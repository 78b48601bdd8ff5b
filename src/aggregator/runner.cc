#include "aggregator/runner.h"

#include <pthread.h>

#include <algorithm>
#include <string>
#include <utility>

namespace paytick::aggregator {
namespace {

constexpr std::chrono::milliseconds kIdleWait{1'000};  // a clock line comes sooner

}  // namespace

struct Runner::Lane {
  Lane(const WorkerConfig& config, log::EventLog& log, Random& random, ReplySink& replies)
      : partition(config.partition), worker(config, log, random, replies) {}

  PartitionId partition;
  PartitionWorker worker;  // its thread's alone
  std::thread thread;
  // Copies for other threads, under Runner::mutex_.
  bool ready = false;
  bool failed = false;
  WorkerCounters counters;
  FoldCounters fold;
  Offset position{};
};

Runner::Runner(RunnerConfig config, log::EventLog& log, WallClock& clock, Random& random, ReplySink& replies,
               OnError on_error)
    : config_(std::move(config)), log_(log), clock_(clock), on_error_(std::move(on_error)) {
  for (const PartitionId partition : config_.partitions) {
    WorkerConfig worker = config_.worker;
    worker.partition = partition;
    lanes_.push_back(std::make_unique<Lane>(worker, log, random, replies));
  }
}

Runner::~Runner() { stop(); }

void Runner::start() {
  for (auto& lane : lanes_) lane->thread = std::thread([this, &lane = *lane] { work(lane); });
  clock_thread_ = std::thread([this] { tick(); });
}

void Runner::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  for (auto& lane : lanes_) {
    if (!lane->thread.joinable()) continue;
    log_.interrupt();
    lane->thread.join();
  }
  if (clock_thread_.joinable()) clock_thread_.join();
}

void Runner::rest(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  stopped_.wait_for(lock, time, [this] { return stopping_; });
}

void Runner::publish(Lane& lane) {
  const std::lock_guard lock(mutex_);
  lane.ready = lane.worker.is_running();
  lane.counters = lane.worker.counters();
  lane.position = lane.worker.next();
  if (lane.worker.fold() != nullptr) lane.fold = lane.worker.fold()->counters();
}

void Runner::work(Lane& lane) {
  const std::string name = "fold-" + std::to_string(static_cast<std::uint32_t>(lane.partition));
  ::pthread_setname_np(::pthread_self(), name.c_str());
  std::chrono::milliseconds backoff = config_.retry_min;
  std::uint64_t takeovers = 0;  // of which on_restored has been told
  const log::TopicPartition inputs{log::Topic::heartbeats, lane.partition};
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    const auto result = lane.worker.step();
    if (lane.worker.is_running() && lane.worker.counters().takeovers != takeovers) {
      takeovers = lane.worker.counters().takeovers;
      if (config_.on_restored) config_.on_restored(lane.partition, *lane.worker.fold(), lane.worker.next());
    }
    publish(lane);
    if (result) {
      backoff = config_.retry_min;
      if (*result == StepResult::idle) {
        log_.wait(inputs, lane.worker.next(), kIdleWait);
      } else if (lane.worker.is_running() && config_.commit_interval.count() > 0) {
        rest(config_.commit_interval);
      }
      continue;
    }
    on_error_(lane.partition, result.error());
    if (result.error().next == Next::fatal) {
      const std::lock_guard lock(mutex_);
      lane.failed = true;
      lane.ready = false;
      return;
    }
    rest(backoff);
    backoff = std::min(backoff * 2, config_.retry_max);
  }
}

void Runner::tick() {
  ClockTicker ticker(log_, clock_, config_.partitions);
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    const auto ticked = ticker.pump();
    if (!ticked) {
      on_error_(config_.partitions.front(), ticked.error());
      if (ticked.error().next == Next::fatal) return;
      rest(config_.retry_max);
      continue;
    }
    rest(std::chrono::milliseconds(std::max<std::int64_t>(ticker.wait_ms(), 1)));
  }
}

bool Runner::is_ready() const {
  const std::lock_guard lock(mutex_);
  return std::all_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->ready; });
}

bool Runner::has_failed() const {
  const std::lock_guard lock(mutex_);
  return std::any_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->failed; });
}

WorkerCounters Runner::worker_counters() const {
  const std::lock_guard lock(mutex_);
  WorkerCounters sum;
  for (const auto& lane : lanes_) {
    const WorkerCounters& c = lane->counters;
    sum.records += c.records;
    sum.bytes_in += c.bytes_in;
    sum.bytes_out += c.bytes_out;
    sum.commits += c.commits;
    sum.replayed += c.replayed;
    sum.takeovers += c.takeovers;
    sum.snapshots += c.snapshots;
  }
  return sum;
}

FoldCounters Runner::fold_counters() const {
  const std::lock_guard lock(mutex_);
  FoldCounters sum;
  for (const auto& lane : lanes_) {
    const FoldCounters& c = lane->fold;
    sum.inputs += c.inputs;
    sum.ticks += c.ticks;
    sum.duplicates += c.duplicates;
    sum.late += c.late;
    sum.rejected += c.rejected;
    sum.halts += c.halts;
    sum.opened += c.opened;
    sum.closed += c.closed;
  }
  return sum;
}

std::vector<Offset> Runner::positions() const {
  const std::lock_guard lock(mutex_);
  std::vector<Offset> out;
  for (const auto& lane : lanes_) out.push_back(lane->position);
  return out;
}

}  // namespace paytick::aggregator
