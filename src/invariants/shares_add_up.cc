#include "invariants/shares_add_up.h"

namespace paytick::invariants {
namespace {

constexpr std::string_view kCode = "shares_differ";

}  // namespace

Result<void> SharesAddUp::check(const Output& line, const Place& at) {
  const auto* l = std::get_if<SumLine>(&line);
  if (!l) return {};
  if (l->bps > 10'000)
    return violated(kCode, sum_name(l->sum) + " gives the platform " + std::to_string(l->bps) + " bps", at);
  bps_.introduce(l->sum) = l->bps;
  return {};
}

Result<void> SharesAddUp::check(const Settlement& line, const Place& at) const {
  const auto* l = std::get_if<Confirmed>(&line);
  if (!l) return {};
  for (const SettledItem& item : l->items) {
    if (!item.stands()) continue;
    const std::uint16_t* const bps = bps_.find(item.sum);
    if (!bps) return violated(kCode, sum_name(item.sum) + " is paid and has no name", at);
    const bool possible = item.amount >= Amount(0) && item.amount <= item.cumulative;
    if (possible && shares_of_move(item.cumulative, item.amount, *bps).platform == item.fee) continue;
    return violated(kCode,
                    sum_name(item.sum) + ": of " + units(item.amount.units()) + " that brought it to " +
                        units(item.cumulative.units()) + " the platform got " + units(item.fee.units()) +
                        " at " + std::to_string(*bps) + " bps",
                    at);
  }
  return {};
}

}  // namespace paytick::invariants
