#pragma once
// The fold: (State, Input) → (State, [Output]) for one partition. Pure: no clock, no I/O, no threads; equal
// inputs give equal bytes. The rules are DESIGN.md §3; kFoldVersion names them in every frame.
//
// Not thread-safe: one thread owns a Fold.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aggregator/snapshot_image.h"
#include "model/error.h"
#include "model/ids.h"
#include "model/money.h"
#include "model/outputs.h"
#include "model/reply.h"
#include "model/time.h"

namespace paytick::aggregator {

// 1: as it began. 2: `viewer` lines, and the sum in `credit` lines. 3: in `meter` lines, when a refund was
// asked for and by what transaction; claims, keys of payouts, tickets given back. A log holds frames of each
// version that wrote it; folding them again takes the rules of each (Fold::use_rules).
inline constexpr std::uint32_t kFoldVersion = 3;
inline constexpr std::uint32_t kRulesOfCommands = 2;
inline constexpr std::uint32_t kRulesOfRefunds = 3;

struct FoldConfig {
  PartitionId partition{};
  std::uint32_t partitions = 1;  // lines of viewers that do not belong here are rejected
};

// What a record of inputs turned into. Reused between records to keep its buffers.
struct FoldOutput {
  std::string lines;              // encoded Output lines, '\n'-terminated
  std::uint32_t n = 0;            // how many
  std::vector<Reply> replies;     // in input order
  std::vector<Outcome> outcomes;  // of commands that somebody waits for, in input order
  void clear() {
    lines.clear();
    replies.clear();
    outcomes.clear();
    n = 0;
  }
};

// Counters for metrics; they are not state and are not restored.
struct FoldCounters {
  std::uint64_t inputs = 0, ticks = 0, duplicates = 0, late = 0, rejected = 0, halts = 0, opened = 0,
                closed = 0;
};

struct SessionView {
  SessionId session;
  ViewerId viewer;
  MeterId meter;
  CreatorId creator;
  ContentId content;
  std::int64_t ticks = 0;
  Amount amount;
  TimeMs start;
  TimeMs paid_until;
  std::optional<HaltReason> halt;
  bool closed = false;
};
struct MeterView {
  MeterId meter;
  ViewerId viewer;
  Amount charged, spendable, deposited, refunded, allowance;
};
struct SumView {
  SumId sum{};
  MeterId meter;
  CreatorId creator;
  std::uint16_t bps = 0;
  Amount charged, due;
};
struct AttachmentView {
  AttachmentId attachment;
  SessionId session;
  ViewerId viewer;
  GatewayId gateway;
};

class Fold {
 public:
  explicit Fold(FoldConfig config);
  ~Fold();
  Fold(Fold&&) noexcept;
  Fold& operator=(Fold&&) noexcept;

  // Folds the lines of one record. `value` is read in situ and destroyed. Never fails: what cannot be read
  // becomes a `rejected` line.
  void apply(Offset offset, TimeMs append_time, std::string& value, FoldOutput& out);

  // The version of the rules for the records to come, 1 … kFoldVersion; a new or restored fold has the
  // newest. State is the same under all of them, only lines differ.
  void use_rules(std::uint32_t version);

  // The partition's time: the largest append time seen.
  TimeMs now() const;
  const FoldCounters& counters() const;

  // The invariants (src/invariants), where they are cheap. What a purchase leaves is looked at as it is made:
  // the first one since the last call that left less than nothing, passed a limit, or left more due than
  // charged. Whoever writes the lines asks before. None is ever found unless the rules here are wrong.
  std::optional<Error> take_violation();
  // The sums against the meters: all that is charged, once, and due within it. Looks at every sum.
  Result<void> check_sums() const;

  // Snapshots: a restored fold goes on to write the bytes that this one would. The image is a copy, as large
  // as the state without its tables; README.md describes the bytes. `position` and `prev` come from the
  // frames, so that a restore can compare hashes from there on.
  SnapshotImage snapshot(Offset position, const FrameHash& prev) const;
  struct Restored;
  // Takes the chunks one at a time. Codes "snapshot_version" (other rules wrote it: fold again from the
  // start) and "snapshot_corrupt" (damaged, incomplete or of another partition).
  static Result<Restored> restore(FoldConfig config, const ChunkSource& chunks);

  // Views for queries, verify and tests; each walks or looks up, none is for the hot path.
  std::optional<SessionView> session(const SessionId& id) const;
  std::optional<MeterView> meter(const MeterId& id) const;
  std::vector<SessionView> sessions() const;
  std::vector<MeterView> meters() const;
  std::vector<SumView> sums() const;
  std::vector<AttachmentView> attachments() const;  // live ones, for a gateway that starts again
  std::size_t state_bytes() const;                  // resident bytes of the state

 private:
  struct State;
  explicit Fold(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct Fold::Restored {
  Fold fold;
  Offset position{};
  FrameHash prev;
};

}  // namespace paytick::aggregator
