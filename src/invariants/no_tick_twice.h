#pragma once
// No tick is billed twice (DESIGN.md §3, The rule): the bill of a session is
//     price × (distinct ticks bought − ticks given back)
// so a tick that is bought is not bought again unless it was given back between, and none is given back that
// was not bought; the counts that the lines carry, and the amount at the end, are those of the set.
//
// A violation names the session and the tick, and the record; code "tick_billed_twice". What it tells: the
// viewer of that session pays for the same interval twice (or was paid back too much).
//
// Reads `opened`, `tick`, `adjust` and `closed` lines, in log order, from the partition's beginning. Memory:
// the runs of ticks of sessions that have not closed.

#include <map>
#include <unordered_map>

#include "invariants/money_line.h"
#include "invariants/place.h"

namespace paytick::invariants {

// A set of ticks as runs; most sessions are one.
class TickRuns {
 public:
  // False, and nothing changes: one of [k, k + n) is there already …
  bool add(std::int64_t k, std::int64_t n);
  // … or is not there.
  bool take(std::int64_t k, std::int64_t n);
  std::int64_t count() const { return count_; }

 private:
  std::map<std::int64_t, std::int64_t> runs_;  // first → behind the last; apart
  std::int64_t count_ = 0;
};

class NoTickTwice {
 public:
  Result<void> check(const Output& line, const Place& at);

 private:
  struct Session {
    TickRuns ticks;
    Wide amount = 0;
  };
  template <typename Line>
  Result<void> check_ticks(const Line& line, bool bought, const Place& at);
  Result<void> check_closed(const ClosedLine& line, const Place& at);

  std::unordered_map<SessionId, Session> open_;
};

}  // namespace paytick::invariants
