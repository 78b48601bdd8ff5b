#pragma once
// Private to the Verifier: what it knows of a partition while it walks it.

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "aggregator/fold.h"
#include "app/verify/verifier.h"
#include "invariants/every.h"
#include "model/frame.h"
#include "projections/verify_queries.h"
#include "settler/accrual.h"
#include "settler/frame_follower.h"

namespace paytick::app {

// How long an answer of the chain may differ from the log, which the settler is writing.
inline constexpr int kTriesMax = 50;       // while the settler keeps moving the same sums
inline constexpr int kTriesStanding = 10;  // when nothing moved
inline constexpr std::chrono::milliseconds kPause{50};
inline constexpr std::size_t kItemsPerQuestion = 10;  // a node's simulation bounds how much one call may read

// One partition's walk. It can go on when the log has grown.
struct Verifier::Walk {
  Walk(PartitionId p, log::EventLog& log)
      : partition(p),
        fold({.partition = p, .partitions = log.partitions()}),
        accrual({}),
        settlements(log, {log::Topic::settlements, p}) {}

  PartitionId partition;
  aggregator::Fold fold;
  aggregator::FoldOutput out;
  FrameReader reader;
  Offset ticks_next{};             // the record of `ticks` to be read next
  std::string held;                // lines of the parts of a frame that is not complete yet
  std::deque<log::Record> inputs;  // read and not folded yet
  Offset inputs_next{};
  settler::Accrual accrual;
  settler::FrameFollower settlements;
  std::unordered_map<SessionId, ClosedLine> closed;  // which the fold forgets some time after
  const projections::PartitionTotals* database = nullptr;
  bool database_compared = false;
  // The frame at hand: complete when `lines` is set.
  bool frame_complete = false;
  Offset from{}, to{}, record{};
  std::string lines;
  TimeMs append_time;
  std::uint32_t rules = aggregator::kFoldVersion;  // that wrote it
  // Its inputs: how many bytes of `lines` they have brought about, and the partition's time then.
  struct LinesUntil {
    std::size_t bytes = 0;
    TimeMs now;
  };
  std::vector<LinesUntil> lines_until;
  TimeMs now;
  invariants::Every invariants;
  // Those that what was read of `ticks` does not explain yet.
  std::vector<std::pair<Settlement, invariants::Place>> unexplained;
  std::optional<std::string> difference;
};

}  // namespace paytick::app
