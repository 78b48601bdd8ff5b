#pragma once
// The shell: follows partitions of the log and writes their rows. start() takes the partitions over and reads
// where they stand; each step() reads what is new, merges it and writes it in one transaction.
//
// Exactly once: a step whose write failed or is in doubt is kept and written again, never read again
// (database.h makes that safe). After Next::abort call start(). Under load steps grow by themselves: while
// one is written, more is appended, and the next merges all of it; pause() says how long to leave the
// database alone.
//
// One thread calls start(), step() and pause(); status() may be called from any.

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "log/event_log.h"
#include "model/ports.h"
#include "projections/database.h"
#include "projections/follower.h"

namespace paytick::projections {

struct WorkerConfig {
  std::vector<PartitionId> partitions;
  // Of the log, read in one step: bounds its memory, and keeps a transaction to a second or two.
  std::size_t step_bytes_max = 48 * 1024 * 1024;
  std::vector<Bound> bounds;  // where to stop, one a partition; empty: never
  // For metrics: called in step() with the time of each transaction that was committed.
  std::function<void(std::chrono::nanoseconds)> on_written = nullptr;
};

struct WorkerStatus {
  std::uint64_t records = 0, rows = 0, steps = 0;  // since the process started
  std::uint64_t lag_records = 0;                   // at the last step
  std::optional<TimeMs> as_of;  // append time reached where there was more to read; nothing: all was read
  std::size_t sums = 0, sessions = 0;  // remembered
  std::optional<Error> trouble;        // what keeps it from writing
};

class ProjectionWorker {
 public:
  // All must outlive the worker.
  ProjectionWorker(WorkerConfig config, log::EventLog& log, Database& database, Random& random);

  Result<void> start();

  // True: there is more to do at once. Retry and in_doubt: call again, after a while.
  Result<bool> step();

  // How long the last write took, within [20, 700] ms: leaving the database alone for as long as it worked
  // halves its share of the machine, and more lines are merged.
  std::chrono::milliseconds pause() const;

  WorkerStatus status() const;
  Position position(PartitionId partition, Source source) const;

 private:
  Result<bool> read_step();
  Result<void> write_step();
  template <typename T>
  Result<T> noted(Result<T> result);

  const WorkerConfig config_;
  log::EventLog& log_;
  Database& database_;
  Random& random_;
  Writer writer_;
  std::vector<Follower> followers_;
  std::optional<Changes> pending_;  // read, and not known to be written
  bool more_ = false;
  std::uint64_t pending_records_ = 0;
  std::chrono::milliseconds write_time_{0};
  mutable std::mutex mutex_;
  WorkerStatus status_;
};

}  // namespace paytick::projections
