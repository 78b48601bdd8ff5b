#include "aggregator/runner.h"

#include <pthread.h>

#include <algorithm>
#include <string>
#include <utility>

#include "aggregator/clock_ticker.h"

namespace paytick::aggregator {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A clock line comes once a second; no longer than this, because an interrupt may be missed.
constexpr milliseconds kIdleWait{200};
// A step with this share of the largest one's input is followed by the next at once.
constexpr std::size_t kLargeShare = 8;

WorkerCounters& operator+=(WorkerCounters& sum, const WorkerCounters& c) {
  static_assert(sizeof c == 8 * sizeof(std::uint64_t), "a counter was added or removed: here, too");
  sum.records += c.records;
  sum.bytes_in += c.bytes_in;
  sum.bytes_out += c.bytes_out;
  sum.commits += c.commits;
  sum.replayed += c.replayed;
  sum.takeovers += c.takeovers;
  sum.snapshots += c.snapshots;
  sum.positions_apart += c.positions_apart;
  return sum;
}

FoldCounters& operator+=(FoldCounters& sum, const FoldCounters& c) {
  sum.inputs += c.inputs;
  sum.ticks += c.ticks;
  sum.duplicates += c.duplicates;
  sum.late += c.late;
  sum.rejected += c.rejected;
  sum.halts += c.halts;
  sum.opened += c.opened;
  sum.closed += c.closed;
  return sum;
}

FoldCounters operator-(FoldCounters a, const FoldCounters& b) {
  a.inputs -= b.inputs;
  a.ticks -= b.ticks;
  a.duplicates -= b.duplicates;
  a.late -= b.late;
  a.rejected -= b.rejected;
  a.halts -= b.halts;
  a.opened -= b.opened;
  a.closed -= b.closed;
  return a;
}

}  // namespace

struct Runner::Lane {
  Lane(const WorkerConfig& config, log::EventLog& log, Random& random, ReplySink& replies)
      : worker(config, log, random, replies), input{log::Topic::heartbeats, config.partition} {
    status.partition = config.partition;
  }

  PartitionWorker worker;  // its thread's alone, and what follows
  const log::TopicPartition input;
  milliseconds backoff{0};
  std::uint64_t takeovers = 0;  // of which on_restored has been told
  FoldCounters earlier;         // of the folds before the latest takeover
  FoldCounters restored;        // of this fold when it was restored
  std::uint64_t bytes_seen = 0;
  std::thread thread;
  // Under Runner::mutex_.
  PartitionStatus status;
  bool stopping = false;
};

Runner::Runner(RunnerConfig config, log::EventLog& log, WallClock& clock, Random& random, ReplySink& replies,
               OnError on_error)
    : config_(std::move(config)),
      log_(log),
      clock_(clock),
      random_(random),
      replies_(replies),
      on_error_(std::move(on_error)) {
  if (config_.worker.snapshot_turn == nullptr)
    config_.worker.snapshot_turn = std::make_shared<SnapshotTurn>();
}

Runner::~Runner() { stop(); }

void Runner::start() {
  clock_thread_ = std::thread([this] { tick(); });
}

void Runner::assign(const std::vector<PartitionId>& partitions) {
  const std::lock_guard lock(mutex_);
  for (const PartitionId partition : partitions) {
    if (stopping_ || lanes_.contains(partition)) continue;
    WorkerConfig worker = config_.worker;
    worker.partition = partition;
    auto& lane = lanes_[partition] = std::make_unique<Lane>(worker, log_, random_, replies_);
    lane->backoff = config_.retry_min;
    lane->thread = std::thread([this, &lane = *lane] { work(lane); });
  }
  stopped_.notify_all();  // the clock ticks for them, too
}

void Runner::revoke(const std::vector<PartitionId>& partitions) {
  std::vector<std::unique_ptr<Lane>> leaving;
  {
    const std::lock_guard lock(mutex_);
    for (const PartitionId partition : partitions) {
      const auto found = lanes_.find(partition);
      if (found == lanes_.end()) continue;
      found->second->stopping = true;
      leaving.push_back(std::move(found->second));
      lanes_.erase(found);
    }
  }
  stopped_.notify_all();
  if (!leaving.empty()) log_.interrupt();
  for (auto& lane : leaving) lane->thread.join();
  const std::lock_guard lock(mutex_);
  for (const auto& lane : leaving) {
    Totals& totals = gone_[lane->input.partition];
    totals.work += lane->status.work;
    totals.fold += lane->status.fold;
  }
}

void Runner::stop() {
  std::vector<PartitionId> all;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& [partition, lane] : lanes_) all.push_back(partition);
  }
  revoke(all);
  if (clock_thread_.joinable()) clock_thread_.join();
}

bool Runner::is_stopping(const Lane& lane) const {
  const std::lock_guard lock(mutex_);
  return lane.stopping;
}

void Runner::rest(const Lane& lane, milliseconds time) {
  std::unique_lock lock(mutex_);
  stopped_.wait_for(lock, time, [&lane] { return lane.stopping; });
}

void Runner::publish(Lane& lane) {
  const std::lock_guard lock(mutex_);
  PartitionStatus& status = lane.status;
  status.ready = lane.worker.is_running();
  status.work = lane.worker.counters();
  status.next = lane.worker.next();
  if (lane.worker.fold() == nullptr) return;
  status.time = lane.worker.fold()->now();
  status.fold = lane.earlier;
  status.fold += lane.worker.fold()->counters() - lane.restored;
}

void Runner::work(Lane& lane) {
  const std::string name = "fold-" + std::to_string(static_cast<std::uint32_t>(lane.input.partition));
  ::pthread_setname_np(::pthread_self(), name.c_str());
  bool more = true;
  while (more && !is_stopping(lane)) {
    const auto begin = steady_clock::now();
    const auto result = lane.worker.step();
    if (lane.worker.is_running() && lane.worker.counters().takeovers != lane.takeovers) {
      lane.takeovers = lane.worker.counters().takeovers;
      {
        const std::lock_guard lock(mutex_);
        lane.earlier = lane.status.fold;
        lane.status.work = lane.worker.counters();
      }
      lane.restored = lane.worker.fold()->counters();
      if (config_.on_restored)
        config_.on_restored(lane.input.partition, *lane.worker.fold(), lane.worker.next());
    }
    publish(lane);
    more = after_step(lane, result, begin);
  }
}

bool Runner::after_step(Lane& lane, const Result<StepResult>& result, steady_clock::time_point begin) {
  if (result) {
    lane.backoff = config_.retry_min;
    const std::uint64_t bytes =
        lane.worker.counters().bytes_in - std::exchange(lane.bytes_seen, lane.worker.counters().bytes_in);
    if (bytes > 0 && config_.on_step) config_.on_step(lane.input.partition, steady_clock::now() - begin);
    if (*result == StepResult::idle) {
      log_.wait(lane.input, lane.worker.next(), kIdleWait);
    } else if (bytes > 0 && bytes < config_.worker.step_bytes_max / kLargeShare) {
      const auto left = begin + config_.commit_interval - steady_clock::now();
      if (left.count() > 0) rest(lane, std::chrono::ceil<milliseconds>(left));
    }
    return true;
  }
  const Error& error = result.error();
  on_error_(lane.input.partition, error);
  if (error.next == Next::fatal) {
    const std::lock_guard lock(mutex_);
    lane.status.failed = true;
    lane.status.ready = false;
    return false;
  }
  rest(lane, error.code == "fenced" ? std::max(lane.backoff, config_.fenced_wait) : lane.backoff);
  lane.backoff = std::min(lane.backoff * 2, config_.retry_max);
  return true;
}

void Runner::tick() {
  ::pthread_setname_np(::pthread_self(), "clock");
  ClockTicker ticker(log_, clock_, {});
  std::vector<PartitionId> ticked;
  for (;;) {
    std::vector<PartitionId> assigned;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      for (const auto& [partition, lane] : lanes_) assigned.push_back(partition);
    }
    if (assigned != ticked) ticker.set_partitions(ticked = std::move(assigned));
    const auto done = ticker.pump();
    if (!done) on_error_(ticked.front(), done.error());
    std::unique_lock lock(mutex_);
    if (!done && done.error().next == Next::fatal) clock_failed_ = true;
    if (clock_failed_) return;
    const bool waits = done && !ticked.empty();
    const auto pause = waits ? milliseconds(std::max<std::int64_t>(ticker.wait_ms(), 1)) : config_.retry_max;
    stopped_.wait_for(lock, pause, [&] { return stopping_ || lanes_.size() != ticked.size(); });
  }
}

bool Runner::is_ready() const {
  const std::lock_guard lock(mutex_);
  return std::all_of(lanes_.begin(), lanes_.end(),
                     [](const auto& lane) { return lane.second->status.ready; });
}

bool Runner::has_failed() const {
  const std::lock_guard lock(mutex_);
  return clock_failed_ || std::any_of(lanes_.begin(), lanes_.end(),
                                      [](const auto& lane) { return lane.second->status.failed; });
}

std::vector<PartitionStatus> Runner::partitions() const {
  const std::lock_guard lock(mutex_);
  std::vector<PartitionStatus> all;
  for (const auto& [partition, lane] : lanes_) all.push_back(lane->status);
  return all;
}

std::map<PartitionId, Runner::Totals> Runner::totals() const {
  const std::lock_guard lock(mutex_);
  std::map<PartitionId, Totals> all = gone_;
  for (const auto& [partition, lane] : lanes_) {
    all[partition].work += lane->status.work;
    all[partition].fold += lane->status.fold;
  }
  return all;
}

WorkerCounters Runner::worker_counters() const {
  WorkerCounters sum;
  for (const auto& [partition, totals] : totals()) sum += totals.work;
  return sum;
}

FoldCounters Runner::fold_counters() const {
  FoldCounters sum;
  for (const auto& [partition, totals] : totals()) sum += totals.fold;
  return sum;
}

}  // namespace paytick::aggregator
