#pragma once
// Threads around the workers: one for each partition, and one for the clock lines. Partitions come and go as
// their source says. Errors are answered as they ask to be: wait and go on, take over again, or stop that
// partition, loudly.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "aggregator/partition_worker.h"
#include "log/event_log.h"
#include "model/ports.h"

namespace paytick::aggregator {

struct RunnerConfig {
  WorkerConfig worker;  // its partition is set for each
  // At least this long from the beginning of one step of a partition to that of the next, so that a
  // transaction is worth its price. Not while there is more to fold than a small step holds. 0: as soon as
  // there is input; under load steps grow by themselves.
  std::chrono::milliseconds commit_interval{0};
  std::chrono::milliseconds retry_min{10};
  std::chrono::milliseconds retry_max{1'000};
  // After another owner has taken a partition: time for whoever assigns them to say whose it is.
  std::chrono::milliseconds fenced_wait{10};
  // Called on a worker's thread each time its partition has been taken over and restored, before it folds
  // on: what a gateway that has just started must know of it.
  std::function<void(PartitionId, const Fold&, Offset position)> on_restored;
  // For metrics: called on a worker's thread with the time of each step that folded something and committed.
  std::function<void(PartitionId, std::chrono::nanoseconds)> on_step;
};

// As of the partition's latest step; the counters since it was assigned.
struct PartitionStatus {
  PartitionId partition{};
  bool ready = false;   // it folds
  bool failed = false;  // stopped for good
  Offset next{};        // first input not folded and committed
  TimeMs time;          // append time of the newest input folded
  WorkerCounters work;
  FoldCounters fold;  // without what was folded again to restore
};

class Runner {
 public:
  // Called on a worker's or the clock's thread for every error, fatal ones included; must not block.
  using OnError = std::function<void(PartitionId, const Error&)>;

  // The ports outlive the runner.
  Runner(RunnerConfig config, log::EventLog& log, WallClock& clock, Random& random, ReplySink& replies,
         OnError on_error);
  ~Runner();  // stop()
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  void start();  // the clock
  // One thread at a time. assign() returns at once; revoke() when the steps under way have ended: nothing is
  // written for these partitions after it. What was read and not committed is read again by the next owner.
  // Partitions that are assigned (or not) already are passed over. revoke() also interrupts other waiters of
  // the log.
  void assign(const std::vector<PartitionId>& partitions);
  void revoke(const std::vector<PartitionId>& partitions);
  void stop();  // revokes all; idempotent

  // Any thread. Whether every partition that is assigned folds; whether one of them, or the clock, has
  // stopped for good.
  bool is_ready() const;
  bool has_failed() const;
  std::vector<PartitionStatus> partitions() const;  // ascending
  // Since the start, of each partition that ever was assigned, over all its assignments.
  struct Totals {
    WorkerCounters work;
    FoldCounters fold;
  };
  std::map<PartitionId, Totals> totals() const;
  // Their sums.
  WorkerCounters worker_counters() const;
  FoldCounters fold_counters() const;

 private:
  struct Lane;
  void work(Lane& lane);
  // Whether to call step() again.
  bool after_step(Lane& lane, const Result<StepResult>& result, std::chrono::steady_clock::time_point begin);
  bool is_stopping(const Lane& lane) const;
  void rest(const Lane& lane, std::chrono::milliseconds time);  // shorter when the lane is to stop
  void publish(Lane& lane);
  void tick();

  RunnerConfig config_;
  log::EventLog& log_;
  WallClock& clock_;
  Random& random_;
  ReplySink& replies_;
  OnError on_error_;
  std::thread clock_thread_;
  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  std::map<PartitionId, std::unique_ptr<Lane>> lanes_;
  std::map<PartitionId, Totals> gone_;
  bool stopping_ = false;
  bool clock_failed_ = false;
};

}  // namespace paytick::aggregator
