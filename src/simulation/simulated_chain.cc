#include "simulation/simulated_chain.h"

#include <algorithm>
#include <utility>

#include "model/hash.h"
#include "settler/policy.h"

namespace paytick::simulation {

using settler::SendAnswer;
using settler::SendStatus;

void SimulatedChain::close_ledger(TimeMs now) {
  ++ledger_.sequence;
  ledger_.close_time = TimeMs{now.ms / 1'000 * 1'000};
  if (pending_) apply(*std::exchange(pending_, std::nullopt));
  if (bug == Bug::refund_unsettled)
    while (!asked_back_.empty()) pay_out(MeterId(asked_back_.begin()->first));
}

Result<settler::Preparation> SimulatedChain::prepare(std::span<const SettlementItem> items,
                                                     std::int64_t sequence, TimeMs min_time,
                                                     TimeMs max_time) {
  settler::Preparation out;
  out.prepared.items.assign(items.begin(), items.end());
  if (bug == Bug::payout_beyond_due)
    for (SettlementItem& item : out.prepared.items)
      if (asked_to_pay_.contains(item.creator)) item.cumulative = Amount(item.cumulative.units() + 1);
  make(out.prepared, sequence, min_time, max_time);
  return out;
}

Result<settler::Preparation> SimulatedChain::prepare_credits(std::span<const CreditItem> items,
                                                             std::int64_t sequence, TimeMs min_time,
                                                             TimeMs max_time) {
  settler::Preparation out;
  out.prepared.credits.assign(items.begin(), items.end());
  make(out.prepared, sequence, min_time, max_time);
  return out;
}

Result<settler::Preparation> SimulatedChain::prepare_refund(const RefundItem& item, std::int64_t sequence,
                                                            TimeMs min_time, TimeMs max_time) {
  if (!asked_back_.contains(item.meter) || meters_[item.meter].refund_at != item.asked_at)
    return fail("no_refund", "it is pending no more");
  settler::Preparation out;
  out.prepared.refunds.push_back(item);
  make(out.prepared, sequence, min_time, max_time);
  return out;
}

void SimulatedChain::make(Prepared& p, std::int64_t sequence, TimeMs min_time, TimeMs max_time) {
  p.sequence = sequence;
  p.min_time = min_time;
  p.max_time = max_time;
  p.ledger = ledger_.sequence;
  p.envelope = "tx-" + std::to_string(made_.size() + 1);
  blake2b(p.envelope, p.hash.bytes);
  made_[p.envelope] = p;
}

Result<SendAnswer> SimulatedChain::send(std::string_view envelope) {
  const SendFault fault = send_fault ? send_fault() : SendFault::none;
  if (fault == SendFault::unreachable) return fail("http_unreachable", "no node", Next::retry);
  if (fault == SendFault::lost_dropped) return fail("http_lost", "no answer", Next::in_doubt);
  if (fault == SendFault::try_again) return SendAnswer{SendStatus::try_again_later, {}};
  if (fault == SendFault::forgotten) return SendAnswer{SendStatus::pending, {}};
  const Prepared& p = made_.find(envelope)->second;
  SendAnswer answer;
  if (results_.contains(p.hash) || p.sequence <= sequence_) {
    answer = {SendStatus::error, "tx_bad_seq"};
  } else if (pending_) {
    answer.status = pending_->hash == p.hash ? SendStatus::duplicate : SendStatus::try_again_later;
  } else if (ledger_.close_time > p.max_time) {
    answer = {SendStatus::error, "tx_too_late"};
  } else {
    pending_ = p;
  }
  if (fault == SendFault::lost_applied) return fail("http_lost", "no answer", Next::in_doubt);
  return answer;
}

void SimulatedChain::apply(const Prepared& p) {
  if (ledger_.close_time > p.max_time || p.sequence != sequence_ + 1) return;
  sequence_ = p.sequence;
  settler::TransactionAnswer answer;
  answer.state = settler::TransactionState::success;
  answer.ledger = ledger_.sequence;
  answer.at = ledger_.close_time;
  answer.network_fee = Amount(100);
  for (const SettlementItem& item : p.items) {
    std::int64_t& paid = paid_[{item.meter, item.creator, item.bps}];
    const std::int64_t amount =
        std::max<std::int64_t>(0, item.cumulative.units() - (bug == Bug::double_settle ? 0 : paid));
    paid += amount;
    if (const auto m = meters_.find(item.meter); amount > 0 && m != meters_.end()) {
      const std::int64_t held =
          m->second.deposited.units() - m->second.refunded.units() - m->second.paid.units();
      if (amount > held && !taken_.contains(item.meter)) overdrawn_.insert(item.meter);
      m->second.paid = Amount(m->second.paid.units() + amount);
      tell(m->second);
    }
    const Amount fee = bug == Bug::share_rounding_lost
                           ? platform_share(Amount(amount), item.bps)
                           : Amount(platform_share(Amount(paid), item.bps).units() -
                                    platform_share(Amount(paid - amount), item.bps).units());
    answer.items.push_back(
        {item.sum, Amount(paid), Amount(amount), fee, amount > 0 ? kCodePaid : kCodeNothingNew});
  }
  for (const CreditItem& item : p.credits) answer.credits.push_back(pay_in(item));
  for (const RefundItem& item : p.refunds) {
    // Whatever request is pending: the contract does not know which one was meant.
    if (asked_back_.contains(item.meter))
      pay_out(item.meter), taken_.erase(item.meter);
    else
      answer.state = settler::TransactionState::failed, answer.code = "invoke_trapped";
  }
  results_[p.hash] = answer;
}

CreditedItem SimulatedChain::pay_in(const CreditItem& item) {
  const auto m = meters_.find(item.meter);
  if (m == meters_.end()) return {item.meter, item.cumulative, Amount(0), settler::kCodeUnknownMeter};
  std::int64_t& sum = credited_[item.meter];
  const std::int64_t amount = item.cumulative.units() - (bug == Bug::double_settle ? 0 : sum);
  if (amount <= 0) return {item.meter, Amount(sum), Amount(0), kCodeNothingNew};
  if (amount > treasury) return {item.meter, item.cumulative, Amount(0), settler::kCodeTransferFailed};
  sum += amount;
  treasury -= amount;
  m->second.deposited = Amount(m->second.deposited.units() + amount);
  m->second.allowance = std::max(m->second.allowance, m->second.deposited);
  tell(m->second);
  return {item.meter, Amount(sum), Amount(amount), kCodePaid};
}

Result<settler::TransactionAnswer> SimulatedChain::transaction(const Prepared& prepared) {
  settler::TransactionAnswer out;
  if (const auto i = results_.find(prepared.hash); i != results_.end()) out = i->second;
  out.newest = ledger_;
  out.oldest = {1, {}};
  return out;
}

Result<std::vector<Amount>> SimulatedChain::paid(std::span<const SettlementItem> items) {
  std::vector<Amount> out;
  for (const SettlementItem& item : items) out.emplace_back(paid_[{item.meter, item.creator, item.bps}]);
  return out;
}

void SimulatedChain::tell(MeterReport& meter, std::optional<RefundRequest> refund) {
  ++meter.version;
  meter.ledger = ledger_.sequence;
  events_.push_back({std::to_string(events_.size() + 1), ledger_.sequence, meter, refund});
}

void SimulatedChain::deposit(const ViewerId& viewer, const MeterId& meter, Amount amount) {
  MeterReport& m = meters_[meter];
  m.viewer = viewer;
  m.meter = meter;
  m.deposited = Amount(m.deposited.units() + amount.units());
  m.allowance = m.deposited;
  tell(m);
}

void SimulatedChain::request_refund(const MeterId& meter) {
  const auto m = meters_.find(meter);
  if (m == meters_.end() || asked_back_.contains(meter)) return;
  MeterReport& of = m->second;
  const std::int64_t total =
      std::max<std::int64_t>(0, of.deposited.units() - of.refunded.units() - of.paid.units());
  asked_back_[meter] = total;
  // Ledgers here may close within one second; on a chain, each has a second of its own.
  TimeMs& latest = asked_at_[meter];
  of.refund_at = latest = std::max({TimeMs{1'000}, ledger_.close_time, latest + 1'000});
  tell(of, RefundRequest{of.viewer, meter, Amount(total), ledger_.sequence});
}

void SimulatedChain::take_refund(const MeterId& meter) {
  if (asked_back_.contains(meter)) taken_.insert(meter);
  pay_out(meter);
}

void SimulatedChain::pay_out(const MeterId& meter) {
  const auto asked = asked_back_.find(meter);
  if (asked == asked_back_.end()) return;
  MeterReport& m = meters_[meter];
  // What was settled meanwhile is the creator's.
  const std::int64_t left = m.deposited.units() - m.refunded.units() - m.paid.units();
  const std::int64_t amount = std::max<std::int64_t>(0, std::min(left, asked->second));
  asked_back_.erase(asked);
  m.refund_at = {};
  m.refunded = Amount(m.refunded.units() + amount);
  tell(m);
}

Result<std::vector<Amount>> SimulatedChain::credited(std::span<const CreditItem> items) {
  std::vector<Amount> out;
  for (const CreditItem& item : items) out.emplace_back(credited_[item.meter]);
  return out;
}

// A cursor is the number of the event it stands behind.
Result<settler::EventPage> SimulatedChain::events(std::string_view cursor, std::uint32_t start_ledger) {
  constexpr std::size_t kPage = 4, kRepeated = 3;
  const EventFault fault = draw();
  if (fault == EventFault::lost) return fail("http_unreachable", "no answer", Next::retry);
  if (fault == EventFault::pruned) return fail("pruned", "the node has lost its history");
  std::size_t from = 0;
  if (cursor.empty())
    while (from < events_.size() && events_[from].ledger < start_ledger) ++from;
  else
    from = static_cast<std::size_t>(std::stoul(std::string(cursor)));
  if (fault == EventFault::repeated) from -= std::min(from, kRepeated);
  const std::size_t to = std::min(events_.size(), from + kPage);
  settler::EventPage page;
  page.events.assign(events_.begin() + static_cast<std::ptrdiff_t>(from),
                     events_.begin() + static_cast<std::ptrdiff_t>(to));
  page.cursor = to == 0 ? std::string(cursor) : std::to_string(to);
  page.newest = ledger_;
  page.more = to < events_.size();
  return page;
}

Result<settler::LedgerInfo> SimulatedChain::oldest_ledger() {
  if (draw() == EventFault::lost) return fail("http_unreachable", "no answer", Next::retry);
  return settler::LedgerInfo{1, {}};
}

Result<MeterReport> SimulatedChain::totals(const MeterId& meter) {
  if (draw() == EventFault::lost) return fail("http_unreachable", "no answer", Next::retry);
  const auto m = meters_.find(meter);
  if (m == meters_.end()) return fail("simulation_failed", "there is no such meter");
  return m->second;
}

Result<void> SimulatedChain::register_creators(std::span<const CreatorId>) { return {}; }

}  // namespace paytick::simulation
