#pragma once
// What the money lines (tick, adjust, charge) have in common, and the sums that they name. Private to the
// invariants.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/outputs.h"

namespace paytick::invariants {

__extension__ using Wide = __int128;  // no product of a valid line overflows it

struct MoneyLine {
  SumId sum{};
  Wide moved = 0;  // by how much the line changes what is charged; below 0 when ticks are given back
  bool purchase = false;
  Amount charged, due, spendable;
};

inline std::optional<MoneyLine> money_of(const Output& line) {
  if (const auto* l = std::get_if<TickLine>(&line))
    return MoneyLine{l->sum, Wide{l->price.units()} * l->n, true, l->charged, l->due, l->spendable};
  if (const auto* l = std::get_if<AdjustLine>(&line))
    return MoneyLine{l->sum, -Wide{l->price.units()} * l->n, false, l->charged, l->due, l->spendable};
  if (const auto* l = std::get_if<ChargeLine>(&line))
    return MoneyLine{l->sum, l->amount.units(), true, l->charged, l->due, l->spendable};
  return std::nullopt;
}

// What is known of each sum; they are numbered from 0 in the order of their `sum` lines.
template <typename State>
class PerSum {
 public:
  State& introduce(SumId sum) {
    const auto i = static_cast<std::size_t>(sum);
    if (i >= all_.size()) all_.resize(i + 1);
    return all_[i].emplace();
  }
  // Nothing where no line has introduced it.
  const State* find(SumId sum) const {
    const auto i = static_cast<std::size_t>(sum);
    return i < all_.size() && all_[i] ? &*all_[i] : nullptr;
  }
  State* find(SumId sum) { return const_cast<State*>(std::as_const(*this).find(sum)); }

 private:
  std::vector<std::optional<State>> all_;
};

inline std::string sum_name(SumId sum) { return "sum " + std::to_string(static_cast<std::uint32_t>(sum)); }
inline std::string units(Wide n) {
  if (n < 0) return "-" + units(-n);
  return n < 10 ? std::string(1, static_cast<char>('0' + static_cast<int>(n)))
                : units(n / 10) + units(n % 10);
}

}  // namespace paytick::invariants
