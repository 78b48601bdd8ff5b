#pragma once
// Conservation (DESIGN.md §3, What can be spent): per meter
//     deposited = refunded + paid + unsettled + unspent
//     unsettled = charged − paid,   unspent = deposited − refunded − charged ≥ 0
// where `charged` is the sum over the meter's sums, and moves by exactly what each line buys or gives back.
//
// The first equation follows from the two below it; what can break is that a line moves a sum by another
// amount than it says, that a line's `spendable` is not min(deposited − refunded, allowance) − charged, that
// more was paid than charged, or that a purchase leaves less than nothing. A refund can take what was charged
// and not settled in time: `unspent` is below 0 then, and nothing may be bought until it is not.
//
// A violation names the meter or the sum, and the record; code "conservation". What it tells: money was made
// or lost between two lines of this partition, at that record.
//
// Reads `sum`, `meter` and money lines, in log order, from the partition's beginning.

#include <unordered_map>

#include "invariants/money_line.h"
#include "invariants/place.h"

namespace paytick::invariants {

// The rule of one meter, on its totals; the words name what is wrong.
struct MeterTotals {
  std::int64_t deposited = 0, refunded = 0, paid = 0, allowance = 0, charged = 0;
  Wide unsettled() const { return Wide{charged} - paid; }
  Wide unspent() const { return Wide{deposited} - refunded - charged; }
  Wide spendable() const;
};
std::optional<std::string> not_conserved(const MeterTotals& meter);
// Whether a purchase has left less than nothing.
constexpr bool overdrawn(Amount spendable) { return spendable < Amount(0); }

class Conservation {
 public:
  Result<void> check(const Output& line, const Place& at);

 private:
  struct Sum {
    MeterId meter;
    std::int64_t charged = 0;
  };
  Result<void> check_money(const MoneyLine& line, const Place& at);
  Result<void> check_meter(const MeterLine& line, const Place& at);

  PerSum<Sum> sums_;
  std::unordered_map<MeterId, MeterTotals> meters_;
};

}  // namespace paytick::invariants
