#pragma once
// Paid ≤ due (DESIGN.md §3, Charged and due; §5.4): no batch asks the chain for more than is due of a sum,
// and what stands as paid never passes it; nor has a meter paid more than is due of all its sums.
//
// A violation names the sum or the meter, and the record; code "paid_beyond_due". What it tells: a creator
// was paid what a viewer can still take back, or never owed.
//
// Reads `sum`, `due`, `meter` and money lines of `ticks`, and `prepared` and `confirmed` lines of
// `settlements`. Those of `settlements` are held against what is due by the lines of `ticks` that came
// before: read `ticks` to its end first, since due only grows.

#include <unordered_map>

#include "invariants/money_line.h"
#include "invariants/place.h"
#include "model/settlements.h"

namespace paytick::invariants {

constexpr bool paid_exceeds(Amount paid, Amount due) { return paid > due; }

class PaidWithinDue {
 public:
  Result<void> check(const Output& line, const Place& at);
  Result<void> check(const Settlement& line, const Place& at) const;
  // What a contract says of itself.
  Result<void> check(SumId sum, Amount paid, const Place& at) const;

 private:
  struct Sum {
    MeterId meter;
    Amount due;
  };
  void moves(SumId sum, Amount due);

  PerSum<Sum> sums_;
  std::unordered_map<MeterId, Wide> due_;  // of all its sums
};

}  // namespace paytick::invariants
