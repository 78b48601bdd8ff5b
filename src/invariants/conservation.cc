#include "invariants/conservation.h"

#include <algorithm>

namespace paytick::invariants {
namespace {

constexpr std::string_view kCode = "conservation";

}  // namespace

Wide MeterTotals::spendable() const {
  return std::min(Wide{deposited} - refunded, Wide{allowance}) - charged;
}

std::optional<std::string> not_conserved(const MeterTotals& m) {
  if (m.unsettled() < 0) return "has paid " + units(m.paid) + " of " + units(m.charged) + " charged";
  if (m.unspent() < 0 && m.refunded == 0)
    return "was charged " + units(m.charged) + " of " + units(m.deposited) + " deposited";
  if (Wide{m.refunded} + m.paid + m.unsettled() + m.unspent() != m.deposited)
    return "holds another sum than " + units(m.deposited) + " deposited";
  return std::nullopt;
}

Result<void> Conservation::check(const Output& line, const Place& at) {
  if (const auto* l = std::get_if<SumLine>(&line)) {
    if (sums_.find(l->sum)) return violated(kCode, sum_name(l->sum) + " is introduced twice", at);
    sums_.introduce(l->sum).meter = l->meter;
    return {};
  }
  if (const auto* l = std::get_if<MeterLine>(&line)) return check_meter(*l, at);
  if (const auto money = money_of(line)) return check_money(*money, at);
  return {};
}

Result<void> Conservation::check_money(const MoneyLine& line, const Place& at) {
  Sum* const sum = sums_.find(line.sum);
  if (!sum) return violated(kCode, sum_name(line.sum) + " has money and no name", at);
  const std::string where = sum_name(line.sum) + " of meter " + to_text(sum->meter);
  if (sum->charged + line.moved != line.charged.units())
    return violated(kCode,
                    where + " goes from " + units(sum->charged) + " to " + units(line.charged.units()) +
                        " by a line of " + units(line.moved),
                    at);
  MeterTotals& meter = meters_[sum->meter];
  meter.charged += line.charged.units() - sum->charged;
  sum->charged = line.charged.units();
  if (meter.spendable() != line.spendable.units())
    return violated(kCode,
                    where + ": the line says that " + units(line.spendable.units()) +
                        " can be spent, its meter's totals " + units(meter.spendable()),
                    at);
  if (line.purchase && overdrawn(line.spendable))
    return violated(kCode, where + ": a purchase leaves " + units(line.spendable.units()), at);
  return {};
}

Result<void> Conservation::check_meter(const MeterLine& line, const Place& at) {
  MeterTotals& meter = meters_[line.meter];
  const std::string where = "meter " + to_text(line.meter) + " ";
  if (line.charged.units() != meter.charged)
    return violated(
        kCode, where + "is charged " + units(line.charged.units()) + ", its sums say " + units(meter.charged),
        at);
  meter.deposited = line.deposited.units();
  meter.refunded = line.refunded.units();
  meter.paid = line.paid.units();
  meter.allowance = line.allowance.units();
  if (meter.spendable() != line.spendable.units())
    return violated(
        kCode,
        where + "can spend " + units(line.spendable.units()) + ", its totals say " + units(meter.spendable()),
        at);
  if (const auto what = not_conserved(meter)) return violated(kCode, where + *what, at);
  return {};
}

}  // namespace paytick::invariants
