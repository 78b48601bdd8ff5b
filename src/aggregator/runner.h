#pragma once
// Threads around the workers: one for each partition, and one for the clock lines. Errors are answered as
// they ask to be: wait and go on, take over again, or stop that partition, loudly.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "aggregator/clock_ticker.h"
#include "aggregator/partition_worker.h"
#include "log/event_log.h"
#include "model/ports.h"

namespace paytick::aggregator {

struct RunnerConfig {
  std::vector<PartitionId> partitions;
  WorkerConfig worker;  // its partition is set for each
  // At least this long from one commit of a partition to the next. 0: as soon as there is input; under load
  // steps grow by themselves.
  std::chrono::milliseconds commit_interval{0};
  std::chrono::milliseconds retry_min{10};
  std::chrono::milliseconds retry_max{1'000};
  // Called on a worker's thread each time its partition has been taken over and restored, before it folds
  // on: what a gateway that has just started must know of it.
  std::function<void(PartitionId, const Fold&, Offset position)> on_restored;
};

class Runner {
 public:
  // Called on a worker's or the clock's thread for every error, fatal ones included; must not block.
  using OnError = std::function<void(PartitionId, const Error&)>;

  // The ports outlive the runner. start() begins.
  Runner(RunnerConfig config, log::EventLog& log, WallClock& clock, Random& random, ReplySink& replies,
         OnError on_error);
  ~Runner();  // stop()
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  void start();
  // Ends after the steps under way. What was read and not committed is read again by the next owner. Also
  // interrupts other waiters of the log.
  void stop();

  // Any thread. Whether every partition folds; whether one has stopped for good.
  bool is_ready() const;
  bool has_failed() const;
  // Summed over the partitions, as of their latest steps.
  WorkerCounters worker_counters() const;
  FoldCounters fold_counters() const;
  std::vector<Offset> positions() const;  // in the order of the configuration

 private:
  struct Lane;
  void work(Lane& lane);
  void tick();
  void rest(std::chrono::milliseconds time);  // shorter when stop() is called
  void publish(Lane& lane);

  RunnerConfig config_;
  log::EventLog& log_;
  WallClock& clock_;
  OnError on_error_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::thread clock_thread_;
  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
};

}  // namespace paytick::aggregator
