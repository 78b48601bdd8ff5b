#pragma once
// The shell of the fold for one partition: takes it over, restores the state, then folds record after record,
// each step one atomic commit of frames and position (DESIGN.md §5.2, §5.3).
//
//   acquire → fence → load → replay → run
//              (any abort or in-doubt answer: drop everything, back to acquire)
//
// Drives nothing by itself: each step() is one unit of work that ends after at most one write to the log, so
// a simulator can crash it anywhere. runner.h puts a thread around it. Not thread-safe.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "aggregator/fold.h"
#include "aggregator/snapshot_store.h"
#include "log/event_log.h"
#include "model/frame.h"
#include "model/ports.h"

namespace paytick::aggregator {

// Where replies go once their step is durable. Hints: they may be lost, and are after a crash.
class ReplySink {
 public:
  virtual ~ReplySink() = default;
  // Called on the worker's thread; must not block. The replies are the sink's only until it returns.
  virtual void deliver(PartitionId partition, std::span<const Reply> replies) = 0;
  // Likewise; for those who let nobody wait for commands there is nothing to do.
  virtual void answer(PartitionId, std::span<const Outcome>) {}
};

struct WorkerConfig {
  PartitionId partition{};
  // Input of one step. Larger steps share a sync; smaller ones answer sooner.
  std::size_t step_bytes_max = 4 * 1024 * 1024;
  // A step ends early when its output has grown to this. The last record of a step may still add to it.
  std::size_t output_bytes_max = 16 * 1024 * 1024;
  // A frame above this is written in parts, one a step(): whoever closes content or comes back after an
  // outage halts or closes any number of sessions with one input.
  std::size_t commit_bytes_max = 32 * 1024 * 1024;
  // A snapshot after so much input: what a restore folds again at most. 0: never.
  std::size_t snapshot_every_bytes = 256 * 1024 * 1024;
  std::uint64_t snapshot_every_records = 100'000;     // 0: by bytes alone
  std::size_t snapshot_step_bytes = 8 * 1024 * 1024;  // of chunks written between two steps of folding
  // Shared by the workers of a process, so that one of them at a time holds an image of its state.
  std::shared_ptr<SnapshotTurn> snapshot_turn = nullptr;
};

enum class StepResult : std::uint8_t {
  worked,  // call again
  idle     // nothing to read; wait for the log to grow beyond next()
};

// For metrics: since the worker was made. Not state.
struct WorkerCounters {
  std::uint64_t records = 0, bytes_in = 0, bytes_out = 0, commits = 0, replayed = 0, takeovers = 0,
                snapshots = 0;
  // Takeovers that found the engine's position elsewhere than the frames: one of the two was lost. The frames
  // count (DESIGN.md §5.2), so nothing is billed twice or missed; but it says that transactions tear.
  std::uint64_t positions_apart = 0;
};

class PartitionWorker {
 public:
  // The ports outlive the worker.
  PartitionWorker(WorkerConfig config, log::EventLog& log, Random& random, ReplySink& replies);
  ~PartitionWorker();

  // Errors say what the caller may do (model/error.h):
  //   retry   "log_full", "log_busy": wait a little and call again; nothing is lost, the step is kept
  //   abort   "fenced": another owner works here. Calling again takes the partition back
  //   in_doubt  the worker has dropped its state; calling again takes over and reads back
  //   fatal   "replay_mismatch", "fold_version", "snapshot_needed", and the codes of FrameReader and
  //   EventLog: stop
  //           the partition and tell an operator. Calling again answers the same.
  Result<StepResult> step();

  bool is_running() const { return stage_ == Stage::run; }
  Offset next() const { return position_.to; }  // of the first input not folded and committed
  const FramePosition& position() const { return position_; }
  const Fold* fold() const { return is_running() ? &*fold_ : nullptr; }
  const WorkerCounters& counters() const { return counters_; }
  // The newest complete snapshot: what the fold needs of the log begins there. Others may need more.
  std::optional<SnapshotPoint> snapshot_point() const { return store_.newest(); }

 private:
  enum class Stage : std::uint8_t { acquire, fence, load, replay, run };

  Result<StepResult> advance();
  Result<StepResult> acquire();
  Result<StepResult> write_fence();
  Result<StepResult> load();
  Result<StepResult> replay();
  Result<StepResult> taken_by_another(Epoch epoch);
  Result<void> compare_positions();
  void give_back_memory();
  Result<StepResult> run();
  Result<void> replay_record(const std::string& value);
  Result<void> replay_frame();
  Result<void> fill_inputs(std::size_t max_bytes);
  Result<StepResult> fold_step();
  Result<StepResult> commit_pending();
  Result<StepResult> write_snapshot();
  void drop();
  log::TopicPartition topic(log::Topic t) const { return {t, config_.partition}; }

  WorkerConfig config_;
  log::EventLog& log_;
  Random& random_;
  ReplySink& replies_;
  SnapshotStore store_;

  Stage stage_ = Stage::acquire;
  log::Lease lease_;
  Epoch epoch_min_{1};  // above every one that was seen on the log
  OwnerId owner_;
  std::optional<Error> dead_;

  std::optional<Fold> fold_;
  FramePosition position_;  // as of the newest frame that counts
  Offset ticks_next_{};     // the record of `ticks` after it
  FoldOutput out_;
  TimeMs append_time_;  // of the newest input: what frames are stamped with

  // Replay only.
  FrameReader reader_;
  std::vector<std::string> held_;  // records of a frame that is not complete yet
  // Inputs read and not folded yet; what replay leaves, run goes on with.
  std::deque<log::Record> inputs_;
  Offset inputs_next_{};  // to be read after them

  // Run only: a step that is folded and not committed yet, kept over a retry.
  struct Pending {
    // All but the last write first parts of the frame, which readers hold back; the last one moves the
    // position, too. Should it never come, the next owner's fence drops them.
    std::deque<log::Step> steps;
    FramePosition after;
    std::size_t bytes = 0;
    std::uint64_t records = 0;
  };
  std::optional<Pending> pending_;
  bool snapshot_turn_ = false;
  std::size_t bytes_since_snapshot_ = 0;
  std::uint64_t records_since_snapshot_ = 0;
  WorkerCounters counters_;
};

}  // namespace paytick::aggregator
