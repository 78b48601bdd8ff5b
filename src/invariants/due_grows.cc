#include "invariants/due_grows.h"

namespace paytick::invariants {
namespace {

constexpr std::string_view kCode = "due_falls";

}  // namespace

Result<void> DueGrows::check(const Output& line, const Place& at) {
  if (const auto* l = std::get_if<SumLine>(&line)) sums_.introduce(l->sum);
  if (const auto money = money_of(line)) return moves(money->sum, money->charged, money->due, at);
  if (const auto* l = std::get_if<DueLine>(&line))
    for (const auto& [sum, due] : l->sums)
      if (auto fine = moves(sum, std::nullopt, due, at); !fine) return fine;
  return {};
}

Result<void> DueGrows::moves(SumId id, std::optional<Amount> charged, Amount due, const Place& at) {
  Sum* const sum = sums_.find(id);
  if (!sum) return violated(kCode, sum_name(id) + " has money and no name", at);
  if (charged) sum->charged = *charged;
  if (due_fell(sum->due, due))
    return violated(kCode,
                    "what is due of " + sum_name(id) + " falls from " + units(sum->due.units()) + " to " +
                        units(due.units()),
                    at);
  if (due_exceeds(due, sum->charged))
    return violated(
        kCode,
        sum_name(id) + " has " + units(due.units()) + " due of " + units(sum->charged.units()) + " charged",
        at);
  sum->due = due;
  return {};
}

}  // namespace paytick::invariants
