#pragma once
// Shares add up (DESIGN.md §3, Splits): of a sum's cumulative amount the platform has
//     floor(amount × bps / 10,000)
// and the creator the rest, on the sum and never on its parts; so that of each payment the platform gets the
// difference of two such shares, and after any number of payments no unit is lost, made or drifting.
//
// A violation names the sum and the record; code "shares_differ". What it tells: a payment gave the platform
// or the creator units that belong to the other.
//
// Reads `sum` lines of `ticks`, and `confirmed` lines of `settlements`.

#include "invariants/money_line.h"
#include "invariants/place.h"
#include "model/settlements.h"

namespace paytick::invariants {

struct Shares {
  Amount creator, platform;
  friend bool operator==(const Shares&, const Shares&) = default;
};
// Of a cumulative amount. amount >= 0.
constexpr Shares shares_of(Amount amount, std::uint16_t bps) {
  const Amount platform = platform_share(amount, bps);
  return {Amount(amount.units() - platform.units()), platform};
}
// Of what moved when the sum came to `cumulative` by `moved`.
constexpr Shares shares_of_move(Amount cumulative, Amount moved, std::uint16_t bps) {
  const Shares after = shares_of(cumulative, bps);
  const Shares before = shares_of(Amount(cumulative.units() - moved.units()), bps);
  return {Amount(after.creator.units() - before.creator.units()),
          Amount(after.platform.units() - before.platform.units())};
}

class SharesAddUp {
 public:
  Result<void> check(const Output& line, const Place& at);
  Result<void> check(const Settlement& line, const Place& at) const;

 private:
  PerSum<std::uint16_t> bps_;
};

}  // namespace paytick::invariants
