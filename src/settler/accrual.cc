#include "settler/accrual.h"

#include <algorithm>

#include "invariants/due_grows.h"

namespace paytick::settler {

namespace {

template <typename... F>
struct Match : F... {
  using F::operator()...;
};
template <typename... F>
Match(F...) -> Match<F...>;

// A log cannot number more sums than this in one partition; what is beyond is corrupt.
constexpr std::uint32_t kSumsMax = 1U << 27;

}  // namespace

SumState& Accrual::at(SumId sum) {
  const auto index = static_cast<std::size_t>(sum);
  if (index >= sums_.size()) sums_.resize(index + 1);
  return sums_[index];
}

Result<void> Accrual::due_is(SumId sum, Amount due, TimeMs at_time) {
  const auto index = static_cast<std::size_t>(sum);
  if (index >= sums_.size() || !sums_[index].known)
    return fail("unknown_sum", "Sum " + std::to_string(index) + " has money but was never introduced.",
                Next::fatal);
  SumState& state = sums_[index];
  if (invariants::due_fell(state.due, due))
    return fail("due_falls",
                "What is due of sum " + std::to_string(index) + " falls from " + to_decimal(state.due) +
                    " to " + to_decimal(due) + ".",
                Next::fatal);
  if (state.due <= state.settled && due > state.settled) state.unsettled_since = at_time;
  due_ += due.units() - state.due.units();
  state.due = due;
  return {};
}

Result<void> Accrual::money_is(const auto& line, TimeMs at_time) {
  auto moved = due_is(line.sum, line.due, at_time);
  if (moved) at(line.sum).charged = line.charged;
  return moved;
}

Result<void> Accrual::apply(const Output& line, TimeMs at_time) {
  return std::visit(Match{
                        [&](const SumLine& l) -> Result<void> {
                          if (static_cast<std::uint32_t>(l.sum) >= kSumsMax)
                            return fail("unknown_sum", "The number of a sum is out of range.", Next::fatal);
                          SumState& state = at(l.sum);
                          state.viewer = l.viewer;
                          state.meter = l.meter;
                          state.creator = l.creator;
                          state.bps = l.bps;
                          state.known = true;
                          return {};
                        },
                        [&](const OpenedLine& l) -> Result<void> {
                          open_.insert_or_assign(l.session, l.sum);
                          return {};
                        },
                        [&](const ClosedLine& l) -> Result<void> {
                          if (const auto found = open_.find(l.session); found != open_.end()) {
                            at(found->second).closed = true;
                            open_.erase(found);
                          }
                          return {};
                        },
                        [&](const TickLine& l) { return money_is(l, at_time); },
                        [&](const AdjustLine& l) { return money_is(l, at_time); },
                        [&](const ChargeLine& l) { return money_is(l, at_time); },
                        [&](const DueLine& l) -> Result<void> {
                          for (const auto& [sum, due] : l.sums)
                            if (auto moved = due_is(sum, due, at_time); !moved) return moved;
                          return {};
                        },
                        [&](const PayoutLine& l) -> Result<void> {
                          pay_out(l.creator);
                          return {};
                        },
                        [&](const CreditLine& l) { return credits_.apply(l, at_time); },
                        [&](const MeterLine& l) -> Result<void> {
                          refunds_.apply(l);
                          return {};
                        },
                        [](const auto&) -> Result<void> { return {}; },
                    },
                    line);
}

// What is due by now; what becomes due later waits for the policy again, or for the next request.
void Accrual::pay_out(const CreatorId& creator) {
  for (SumState& sum : sums_)
    if (sum.known && sum.creator == creator) sum.payout = sum.due;
}

void Accrual::stands_at(SumState& sum, Amount cumulative) {
  settled_ += std::max(sum.settled, cumulative).units() - sum.settled.units();
  sum.settled = std::max(sum.settled, cumulative);
  sum.failures = 0;
  sum.retry_at = TimeMs{};
  if (sum.settled >= sum.due) sum.closed = false;
  if (sum.parked) --parked_;
  sum.parked = sum.given_up = false;
}

std::int64_t Accrual::wait_after(const SumState& sum, std::uint32_t times) const {
  if (sum.parked) return policy_.parked_retry_ms;
  return std::min(policy_.retry_ms << std::min(times, 20U), policy_.retry_ms_max);
}

void Accrual::refused(SumState& sum, TimeMs at_time) {
  sum.retry_at = at_time + wait_after(sum, sum.failures);
  ++sum.failures;
}

void Accrual::failed(SumState& sum, TimeMs at_time) {
  sum.retry_at = at_time + wait_after(sum, failed_in_a_row_ - 1);
}

void Accrual::land(const TxHash& hash) {
  const auto found = in_flight_.find(hash);
  if (found == in_flight_.end()) return;
  for (const SettlementItem& item : found->second) at(item.sum).in_flight = false;
  in_flight_.erase(found);
}

void Accrual::on(const Prepared& line) {
  for (const SettlementItem& item : line.items) at(item.sum).in_flight = true;
  in_flight_.insert_or_assign(line.hash, line.items);
}

void Accrual::on(const Confirmed& line) {
  land(line.hash);
  failed_in_a_row_ = 0;
  for (const SettledItem& item : line.items) {
    if (item.stands())
      stands_at(at(item.sum), item.cumulative);
    else
      refused(at(item.sum), line.at);
  }
  // The smallest seen: a first payment also pays the rent of the entry that remembers it, which does not
  // recur.
  if (!line.items.empty() && line.network_fee > Amount(0)) {
    const Amount each(line.network_fee.units() / static_cast<std::int64_t>(line.items.size()));
    fee_per_item_ = std::min(fee_per_item_, each);
  }
}

void Accrual::on(const Failed& line) {
  ++failed_in_a_row_;
  if (const auto found = in_flight_.find(line.hash); found != in_flight_.end())
    for (const SettlementItem& item : found->second) {
      // Alone, and by the contract: then it was this item. All else says nothing about it.
      const bool by_contract = line.code.starts_with("invoke_") || line.code.starts_with("op_");
      if (by_contract && found->second.size() == 1)
        refused(at(item.sum), line.at);
      else
        failed(at(item.sum), line.at);
    }
  land(line.hash);
}

void Accrual::on(const Parked& line) {
  SumState& sum = at(line.sum);
  parked_ += sum.parked ? 0 : 1;
  sum.parked = true;
  sum.given_up = line.code != kRefusedTooOften;
  sum.retry_at = std::max(sum.retry_at, line.at + policy_.parked_retry_ms);
}

void Accrual::apply(const Settlement& line) {
  if (credits_.apply(line) || refunds_.apply(line)) return;
  std::visit(Match{
                 [&](const Submitted&) {},
                 [&](const ParkedCredit&) {},
                 [&](const Expired& l) { land(l.hash); },
                 [&](const auto& l) { on(l); },
             },
             line);
}

void Accrual::foretold(const SettlementItem& item, std::int32_t code, TimeMs now) {
  if (code == kCodeNothingNew)
    stands_at(at(item.sum), item.cumulative);
  else
    refused(at(item.sum), now);
}

}  // namespace paytick::settler
