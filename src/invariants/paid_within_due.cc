#include "invariants/paid_within_due.h"

namespace paytick::invariants {
namespace {

constexpr std::string_view kCode = "paid_beyond_due";

}  // namespace

void PaidWithinDue::moves(SumId id, Amount due) {
  Sum* const sum = sums_.find(id);
  if (!sum) return;  // others say so
  due_[sum->meter] += due.units() - sum->due.units();
  sum->due = due;
}

Result<void> PaidWithinDue::check(const Output& line, const Place& at) {
  if (const auto* l = std::get_if<SumLine>(&line)) sums_.introduce(l->sum).meter = l->meter;
  if (const auto money = money_of(line)) moves(money->sum, money->due);
  if (const auto* l = std::get_if<DueLine>(&line))
    for (const auto& [sum, due] : l->sums) moves(sum, due);
  const auto* l = std::get_if<MeterLine>(&line);
  if (!l) return {};
  const auto due = due_.find(l->meter);
  const Wide most = due == due_.end() ? 0 : due->second;
  if (l->paid.units() <= most) return {};
  return violated(
      kCode,
      "meter " + to_text(l->meter) + " has paid " + units(l->paid.units()) + " of " + units(most) + " due",
      at);
}

Result<void> PaidWithinDue::check(SumId id, Amount paid, const Place& at) const {
  const Sum* const sum = sums_.find(id);
  const Amount due = sum ? sum->due : Amount(0);
  if (!paid_exceeds(paid, due)) return {};
  return violated(kCode,
                  sum_name(id) + (sum ? " of meter " + to_text(sum->meter) : std::string()) + ": " +
                      units(paid.units()) + " paid of " + units(due.units()) + " due",
                  at);
}

Result<void> PaidWithinDue::check(const Settlement& line, const Place& at) const {
  if (const auto* l = std::get_if<Prepared>(&line))
    for (const SettlementItem& item : l->items)
      if (auto fine = check(item.sum, item.cumulative, at); !fine) return fine;
  if (const auto* l = std::get_if<Confirmed>(&line))
    for (const SettledItem& item : l->items)
      if (auto fine = item.stands() ? check(item.sum, item.cumulative, at) : Result<void>(); !fine)
        return fine;
  return {};
}

}  // namespace paytick::invariants
