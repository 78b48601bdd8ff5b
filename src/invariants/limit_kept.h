#pragma once
// A limit is never passed, by not one unit (DESIGN.md §3, What can be spent): after a purchase, what a viewer
// has spent in the limit's period, across all sessions, charges and meters, is at most the limit. What is
// given back is taken off the periods that it was spent in, where they still run; a credit takes off nothing.
//
// A violation names the viewer and the record; code "limit_passed". What it tells: a viewer was charged
// beyond what they allowed.
//
// Reads `viewer`, `meter`, `sum`, `opened`, `closed` and money lines, in log order, from the partition's
// beginning. A line's time decides its day; where a frame reaches from one day into the next, its purchases
// count for the first and are not judged, so that nothing is called a violation that may be none. Logs told
// no limits before version 2 of the rules: a partition with older frames is not judged at all.

#include <array>
#include <map>
#include <unordered_map>

#include "invariants/money_line.h"
#include "invariants/place.h"

namespace paytick::invariants {

inline constexpr Amount kLimitAtFirst{100'000'000};  // 10 XLM, in all
inline constexpr std::uint32_t kLimitsToldFrom = 2;  // version of the rules

// Whether a purchase has brought what was spent in the limit's period beyond it.
constexpr bool limit_passed(Wide spent, Amount limit) { return spent > limit.units(); }

class LimitKept {
 public:
  Result<void> check(const Output& line, const Place& at);

 private:
  struct Viewer {
    Amount limit = kLimitAtFirst;
    Period period = Period::total;
    std::array<Wide, 3> spent{};  // by Period
    std::int64_t day = 0;
  };
  struct Run {
    std::int64_t to = 0;
    std::int64_t day = 0;  // on which its ticks were bought
  };
  struct Session {
    ViewerId viewer;
    std::map<std::int64_t, Run> ticks;  // by their first
  };
  struct Sum {
    ViewerId viewer;
    MeterId meter;
  };
  Viewer& rolled(const ViewerId& viewer, std::int64_t day);
  Result<void> spend(const ViewerId& viewer, Wide amount, const Place& at);
  Result<void> buy(const TickLine& line, const Place& at);
  void give_back(const AdjustLine& line, const Place& at);

  bool blind_ = false;
  PerSum<Sum> sums_;
  std::unordered_map<MeterId, ViewerId> owners_;
  std::unordered_map<SessionId, Session> open_;
  std::unordered_map<ViewerId, Viewer> viewers_;
};

}  // namespace paytick::invariants
