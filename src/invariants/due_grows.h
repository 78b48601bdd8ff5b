#pragma once
// Due ≤ charged, and due never falls (DESIGN.md §3, Charged and due): `due` counts only what no stop can give
// back any more, so the settler may pay it out at once.
//
// A violation names the sum and the record; code "due_falls". What it tells: what a creator may already hold
// on the chain is not owed any more.
//
// Reads `sum`, `due` and money lines, in log order, from the partition's beginning. The settler and the
// tables keep a sum's due themselves, and hold each line against due_fell().

#include "invariants/money_line.h"
#include "invariants/place.h"

namespace paytick::invariants {

constexpr bool due_fell(Amount before, Amount due) { return due < before || due < Amount(0); }
constexpr bool due_exceeds(Amount due, Amount charged) { return due > charged; }

class DueGrows {
 public:
  Result<void> check(const Output& line, const Place& at);

 private:
  struct Sum {
    Amount charged, due;
  };
  Result<void> moves(SumId sum, std::optional<Amount> charged, Amount due, const Place& at);

  PerSum<Sum> sums_;
};

}  // namespace paytick::invariants
