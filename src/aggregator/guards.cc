#include <map>
#include <optional>
#include <utility>

#include "aggregator/fold_state.h"

namespace paytick::aggregator {

void Book::violated(std::uint32_t viewer, SumId sum, Amount spendable) {
  if (violation_) return;
  const Sum& s = sums_[static_cast<std::uint32_t>(sum)];
  const Viewer& v = viewers_[viewer];
  const invariants::Place at{config_.partition, place_.offset, {now_}, {now_}};
  const std::string where = "after a purchase, at the input of this offset, meter " +
                            to_text(meters_[s.meter].id) + " of viewer " + to_text(v.id);
  if (invariants::overdrawn(spendable))
    violation_ = invariants::violated("conservation", where + " has " + to_decimal(spendable), at).value();
  else if (invariants::due_exceeds(Amount(s.due), Amount(s.charged)))
    violation_ = invariants::violated("due_falls",
                                      where + " has " + to_decimal(Amount(s.due)) + " due of " +
                                          to_decimal(Amount(s.charged)) + " charged",
                                      at)
                     .value();
  else
    violation_ = invariants::violated("limit_passed",
                                      where + ": " + to_decimal(Amount(v.spent[v.period])) + " is spent of " +
                                          to_decimal(Amount(limit_of(viewer))),
                                      at)
                     .value();
}

// In one pass that needs no memory; only a difference is looked for meter by meter.
Result<void> Book::check_sums() const {
  __extension__ using Wide = __int128;
  const invariants::Place at{config_.partition, place_.offset, {now_}, {now_}};
  Wide left = 0;
  for (std::uint32_t i = 0; i < meters_.size(); ++i) left += meters_[i].charged;
  for (std::uint32_t i = 0; i < sums_.size(); ++i) {
    const Sum& sum = sums_[i];
    left -= sum.charged;
    if (invariants::due_exceeds(Amount(sum.due), Amount(sum.charged)))
      return invariants::violated("due_falls",
                                  "sum " + std::to_string(i) + " of meter " + to_text(meters_[sum.meter].id) +
                                      " has more due than charged",
                                  at);
  }
  if (left == 0) return {};
  std::map<std::uint32_t, Wide> by_meter;
  for (std::uint32_t i = 0; i < sums_.size(); ++i) by_meter[sums_[i].meter] += sums_[i].charged;
  for (std::uint32_t i = 0; i < meters_.size(); ++i)
    if (by_meter[i] != meters_[i].charged)
      return invariants::violated(
          "conservation", "meter " + to_text(meters_[i].id) + " is charged otherwise than its sums say", at);
  return {};
}

std::optional<Error> Fold::take_violation() { return std::exchange(state_->book.violation_, std::nullopt); }
Result<void> Fold::check_sums() const { return state_->book.check_sums(); }

}  // namespace paytick::aggregator
