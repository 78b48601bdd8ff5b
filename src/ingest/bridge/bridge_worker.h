#pragma once
// The bridge: reads every partition of `heartbeats-in` (DESIGN.md §4), commits what it forwards to
// `heartbeats`, what it refuses to `refusals`, and how far it has read, in one step each (log::Role::bridge).
//
//   acquire (all partitions) → load → follow (what is on `heartbeats`) → run
//            (any abort or in-doubt answer: drop everything, back to acquire)
//
// One worker owns all partitions, because a session's lines may lie in any of them: whether an open is a
// session's first, and which viewer its name belongs to, must have one answer. Others stand by; whoever takes
// over fences the one before, partition by partition, and works only when it has all.
//
// Between partitions there is no order. They are read by the time of their records, so that also what has
// piled up comes nearly in the order in which it was written; a line whose session, content or meter is not
// known waits (waiting_room.h), and so does a stop, until what was written before it anywhere has been read.
//
// Drives nothing by itself: each step() ends after at most one write to the log. Not thread-safe, but for
// stats(). Transactions begin and end within a step, so that nobody who reads `heartbeats` waits for a
// bridge.

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ingest/bridge/bridge_stats.h"
#include "ingest/bridge/line_judge.h"
#include "ingest/bridge/name_book.h"
#include "ingest/bridge/name_follower.h"
#include "ingest/bridge/waiting_room.h"
#include "log/event_log.h"
#include "log/snapshot_slots.h"
#include "model/ports.h"
#include "model/refusal.h"

namespace paytick::ingest {

// A record of heartbeats-in holds one line or more; more than this is refused from there on. A valid line has
// 66 bytes at least, so that only rubbish gets there, and its refusals fit into a step.
inline constexpr std::uint32_t kRecordLinesMax = 10'000;

struct BridgeConfig {
  PlatformId platform;  // whose producers may write to heartbeats-in: its ACLs say so, records do not
  // How old a line may be when it is forwarded, at most kLateMsMax: how long it may lie in the topic while no
  // bridge runs. (When the topic took it, it is kLateMsDefault old at most.) What is older is refused; what
  // is allowed, the fold has to remember.
  std::int64_t late_ms = 86'400'000;
  // How long a line waits for a session, content or meter that nobody knows: as long as a producer that has
  // lost its broker for a moment may be behind another.
  std::int64_t unknown_ms = 30'000;
  // How long a stop waits for what was written before it, beyond the time of its own record: what batching in
  // producers puts out of order. Each millisecond is a chance that a tick more becomes due.
  std::int64_t stop_ms = 250;
  std::size_t read_bytes_max = 1024 * 1024;             // of a partition at once
  std::size_t step_bytes_max = 8 * 1024 * 1024;         // of a step's output; its last record may add to it
  std::size_t snapshot_every_bytes = 64 * 1024 * 1024;  // of heartbeats followed: what a takeover reads again
};

class BridgeWorker {
 public:
  // The ports outlive the worker; others keep catalogue and meters up to date.
  BridgeWorker(BridgeConfig config, log::EventLog& log, WallClock& clock, const Catalog& catalog,
               const MeterDirectory& meters);
  ~BridgeWorker();

  // True: call again; false: nothing to do, wait a little. Errors (model/error.h):
  //   retry              the step is kept: wait a little and call again
  //   abort, in_doubt    everything was dropped; calling again takes over and reads back
  //   fatal              calling again answers the same
  Result<bool> step();
  // Another instance is to work: drops everything, and takes over anew with the next step.
  void stand_by() { drop(); }
  // Until there may be something to do, or the time is up.
  void wait(std::chrono::milliseconds timeout);

  bool is_running() const { return stage_ == Stage::run; }
  BridgeStats stats() const;  // any thread

 private:
  enum class Stage : std::uint8_t { acquire, load, follow, run };

  // A partition of heartbeats-in.
  struct Source {
    log::Lease lease;
    Offset consumed{};  // committed
    Offset next{};      // to be read; what lies between is in `records`
    std::deque<log::Record> records;
    WaitingRoom waiting;
    std::optional<Offset> lost;  // from here on records were trimmed before they were read
    // The time at which everything that was written had been read, and when that was looked at.
    TimeMs read_up_to, asked_at;
    bool matched = false;  // somebody waits for what is known now: to be looked at before anything else
    // When those who wait were last looked at: contents and meters known, and how far all had been read.
    std::size_t seen = 0;
    TimeMs seen_watermark;
  };
  // A step in the making, and until it is committed.
  struct Batch {
    std::size_t source = 0;
    TimeMs now, watermark;
    std::vector<std::string> lines;  // by partition of heartbeats: the record that fills
    std::string refusals;
    std::vector<log::NewRecord> records;
    std::size_t bytes = 0;
    std::optional<Offset> consumed_to;
    bool waiting_changed = false;
    BridgeStats counted;
  };
  struct Known;
  struct LineRef {
    Offset offset{};
    std::uint32_t line = 0;
    TimeMs taken, since;
    std::string_view text;
  };
  enum class Fate : std::uint8_t { decided, waits, waits_as_stop };

  Result<bool> advance();
  Result<bool> acquire();
  Result<bool> load();
  Result<void> load_source(std::size_t p);
  Result<bool> follow();
  Result<bool> run();
  Result<bool> commit_pending();
  Result<bool> write_snapshot();
  Result<void> keep_up(TimeMs now);
  Result<void> refill(std::size_t p, TimeMs now);
  void measure_lag(TimeMs now);
  void drop();

  TimeMs watermark() const;
  bool is_due(const Source& source, TimeMs now, TimeMs watermark) const;
  std::optional<std::size_t> choose(TimeMs now) const;
  void work(Batch& batch);
  void look_again(Batch& batch);
  void take_record(Batch& batch, log::Record& record);
  void take_line(Batch& batch, const LineRef& line);
  struct Decision {
    Fate fate = Fate::decided;
    std::optional<SessionId> session;  // for which it waits
  };
  Decision decide(Batch& batch, const LineRef& line, bool last_chance);
  bool must_wait(const Batch& batch, const LineRef& stop);
  void forward(Batch& batch, const Verdict& verdict);
  void refuse(Batch& batch, const LineRef& line, const Error& error);
  void seal(Batch& batch, std::size_t partition);
  void seal_refusals(Batch& batch);
  void finish(Batch& batch);
  void match();
  std::size_t listed() const;
  bool has_stops() const;
  void publish(const BridgeStats& counted);

  log::TopicPartition topic(log::Topic t, std::size_t p) const {
    return {t, PartitionId{static_cast<std::uint32_t>(p)}};
  }

  const BridgeConfig config_;
  log::EventLog& log_;
  WallClock& clock_;
  const Catalog& catalog_;
  const MeterDirectory& meters_;

  Stage stage_ = Stage::acquire;
  std::optional<Error> dead_;
  std::vector<Source> sources_;
  std::size_t acquired_ = 0;
  std::unique_ptr<Known> known_;
  std::vector<Offset> follow_to_;
  log::SnapshotSlots slots_;
  std::uint64_t snapshot_at_ = 0;  // bytes followed when the last one began
  std::uint64_t snapshot_bytes_ = 0;
  bool snapshot_turn_ = false;
  TimeMs kept_up_at_, swept_at_, measured_at_;

  struct Pending {
    log::Step step;
    BridgeStats counted;
  };
  std::optional<Pending> pending_;
  std::string scratch_;
  std::size_t wait_next_ = 0;

  mutable std::mutex stats_mutex_;
  BridgeStats stats_;
};

}  // namespace paytick::ingest
