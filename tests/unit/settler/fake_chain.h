#pragma once
// A chain in memory: one source account, ledgers that close when told, and answers that go wrong when told.

#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "chain/xdr.h"
#include "settler/chain_port.h"
#include "settler/policy.h"

namespace paytick::settler::testing {

enum class SendFault { none, lost_applied, lost, unreachable, try_again, bad_sequence, forgotten, rejected };

class FakeChain : public ChainPort {
 public:
  // What the test says.
  std::deque<SendFault> send_faults;
  int look_up_failures = 0;
  bool pruned_history = false;
  bool foretells = true;
  std::size_t items_max = 100;
  std::set<CreatorId> registered;
  std::set<MeterId> poison;  // fails the simulation of any batch that names it
  bool treasury_key = true;
  std::int64_t treasury = 1'000'000'000;  // what it holds
  std::deque<Result<EventPage>> event_pages;
  std::map<MeterId, MeterReport> meter_totals;
  std::int64_t refund_delay_ms = 259'200'000;

  // What happened.
  int sends = 0, applied = 0;
  std::vector<std::string> sent;
  std::map<std::tuple<MeterId, CreatorId, std::uint16_t>, std::int64_t> paid_sums;
  std::int64_t moved = 0;
  std::map<MeterId, std::int64_t> credited_sums;
  std::int64_t credits_moved = 0;
  int refunds = 0;
  std::vector<std::pair<std::string, std::uint32_t>> event_asks;

  void close_ledger(std::int64_t seconds = 5) {
    ++ledger_.sequence;
    ledger_.close_time = ledger_.close_time + seconds * 1'000;
    if (!pending_) return;
    apply(*std::exchange(pending_, std::nullopt));
  }

  AccountId source() const override { return {}; }
  Result<LedgerInfo> latest_ledger() override { return ledger_; }
  Result<LedgerInfo> oldest_ledger() override { return LedgerInfo{oldest(), {}}; }
  Result<std::int64_t> next_sequence() override { return sequence_ + 1; }

  Result<Preparation> prepare(std::span<const SettlementItem> items, std::int64_t sequence, TimeMs min_time,
                              TimeMs max_time) override {
    for (const SettlementItem& item : items)
      if (poison.contains(item.meter)) return fail("simulation_failed", "the host traps");
    if (items.size() > items_max) return fail("limit_write_entries", "too many");
    Preparation out;
    out.prepared.items.assign(items.begin(), items.end());
    make(out.prepared, sequence, min_time, max_time);
    if (foretells)
      for (const SettlementItem& item : items) out.codes.push_back(code_of(item));
    return out;
  }

  Result<Preparation> prepare_credits(std::span<const CreditItem> items, std::int64_t sequence,
                                      TimeMs min_time, TimeMs max_time) override {
    for (const CreditItem& item : items)
      if (poison.contains(item.meter)) return fail("simulation_failed", "the host traps");
    if (items.size() > items_max) return fail("limit_write_entries", "too many");
    Preparation out;
    out.prepared.credits.assign(items.begin(), items.end());
    make(out.prepared, sequence, min_time, max_time);
    std::int64_t left = treasury;
    for (const CreditItem& item : items) {
      if (!foretells) break;
      const std::int64_t amount = item.cumulative.units() - credited_sums[item.meter];
      const std::int32_t code = amount <= 0     ? kCodeNothingNew
                                : amount > left ? kCodeTransferFailed
                                                : kCodePaid;
      if (code == kCodePaid) left -= amount;
      out.codes.push_back(code);
    }
    return out;
  }
  Result<Preparation> prepare_refund(const RefundItem& item, std::int64_t sequence, TimeMs min_time,
                                     TimeMs max_time) override {
    if (poison.contains(item.meter)) return fail("simulation_failed", "the host traps");
    if (meter_totals[item.meter].refund_at != item.asked_at) return fail("no_refund", "not pending");
    if (max_time - item.asked_at >= refund_delay_ms) return fail("refund_aged", "the viewer's");
    Preparation out;
    out.prepared.refunds.push_back(item);
    make(out.prepared, sequence, min_time, max_time);
    return out;
  }
  bool has_treasury() const override { return treasury_key; }
  Result<Amount> treasury_balance() override { return Amount(treasury); }
  Result<std::vector<Amount>> credited(std::span<const CreditItem> items) override {
    std::vector<Amount> out;
    for (const CreditItem& item : items) out.emplace_back(credited_sums[item.meter]);
    return out;
  }

  Result<SendAnswer> send(std::string_view envelope) override {
    ++sends;
    sent.emplace_back(envelope);
    SendFault fault = SendFault::none;
    if (!send_faults.empty()) {
      fault = send_faults.front();
      send_faults.pop_front();
    }
    switch (fault) {
      case SendFault::unreachable:
        return fail("http_unreachable", "no", Next::retry);
      case SendFault::lost:
        return fail("http_lost", "no", Next::in_doubt);
      case SendFault::try_again:
        return SendAnswer{SendStatus::try_again_later, {}};
      case SendFault::bad_sequence:
        return SendAnswer{SendStatus::error, "tx_bad_seq"};
      case SendFault::forgotten:
        return SendAnswer{SendStatus::pending, {}};
      case SendFault::rejected:
        return fail("rpc_refused", "no");
      case SendFault::none:
      case SendFault::lost_applied:
        break;
    }
    const Prepared& p = made_transactions_.at(std::string(envelope));
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
    if (fault == SendFault::lost_applied) return fail("http_lost", "no", Next::in_doubt);
    return answer;
  }

  Result<TransactionAnswer> transaction(const Prepared& prepared) override {
    if (look_up_failures > 0) {
      --look_up_failures;
      return fail("http_unreachable", "no", Next::retry);
    }
    TransactionAnswer out;
    const auto found = results_.find(prepared.hash);
    if (found != results_.end() && !pruned_history) out = found->second;
    out.newest = ledger_;
    out.oldest = {oldest(), {}};
    return out;
  }

  Result<std::vector<Amount>> paid(std::span<const SettlementItem> items) override {
    std::vector<Amount> out;
    for (const SettlementItem& item : items) out.emplace_back(paid_of(item));
    return out;
  }

  Result<EventPage> events(std::string_view cursor, std::uint32_t start_ledger) override {
    event_asks.emplace_back(cursor, start_ledger);
    if (event_pages.empty()) return EventPage{{}, std::string(cursor), ledger_, false};
    auto page = std::move(event_pages.front());
    event_pages.pop_front();
    return page;
  }
  Result<MeterReport> totals(const MeterId& meter) override {
    const auto found = meter_totals.find(meter);
    if (found == meter_totals.end()) return fail("simulation_failed", "no such meter");
    return found->second;
  }
  Result<void> register_creators(std::span<const CreatorId> creators) override {
    registered.insert(creators.begin(), creators.end());
    return {};
  }

 private:
  void make(Prepared& p, std::int64_t sequence, TimeMs min_time, TimeMs max_time) {
    p.sequence = sequence;
    p.min_time = min_time;
    p.max_time = max_time;
    p.ledger = ledger_.sequence;
    p.envelope = "tx-" + std::to_string(++made_);
    p.hash = TxHash{chain::sha256(p.envelope).bytes};
    made_transactions_[p.envelope] = p;
  }
  std::uint32_t oldest() const { return pruned_history ? ledger_.sequence : 1; }
  std::int64_t& paid_of(const SettlementItem& item) {
    return paid_sums[{item.meter, item.creator, item.bps}];
  }
  std::int32_t code_of(const SettlementItem& item) {
    if (!registered.contains(item.creator)) return 13;
    return item.cumulative.units() > paid_of(item) ? kCodePaid : kCodeNothingNew;
  }
  void apply(const Prepared& p) {
    if (ledger_.close_time > p.max_time || p.sequence != sequence_ + 1) return;
    ++applied;
    sequence_ = p.sequence;
    TransactionAnswer answer;
    answer.state = TransactionState::success;
    answer.ledger = ledger_.sequence;
    answer.at = ledger_.close_time;
    answer.network_fee = Amount(100);
    for (const SettlementItem& item : p.items) {
      const std::int32_t code = code_of(item);
      const std::int64_t amount = code == kCodePaid ? item.cumulative.units() - paid_of(item) : 0;
      moved += amount;
      paid_of(item) += amount;
      answer.items.push_back({item.sum, Amount(paid_of(item)), Amount(amount), Amount(0), code});
    }
    for (const CreditItem& item : p.credits) {
      std::int64_t& sum = credited_sums[item.meter];
      const std::int64_t wanted = item.cumulative.units() - sum;
      const bool pays = wanted > 0 && wanted <= treasury;
      if (pays) sum += wanted, treasury -= wanted, credits_moved += wanted;
      const std::int32_t code = wanted <= 0 ? kCodeNothingNew : pays ? kCodePaid : kCodeTransferFailed;
      answer.credits.push_back(
          {item.meter, pays || wanted <= 0 ? Amount(sum) : item.cumulative, Amount(pays ? wanted : 0), code});
    }
    for (const RefundItem& item : p.refunds) {
      TimeMs& asked_at = meter_totals[item.meter].refund_at;
      if (asked_at != TimeMs{})  // the contract does not know which request was meant
        asked_at = {}, ++refunds;
      else
        answer.state = TransactionState::failed, answer.code = "invoke_trapped";
    }
    results_[p.hash] = answer;
  }

  LedgerInfo ledger_{100, TimeMs{1'000'000'000}};
  std::int64_t sequence_ = 10;
  int made_ = 0;
  std::map<std::string, Prepared> made_transactions_;
  std::optional<Prepared> pending_;
  std::map<TxHash, TransactionAnswer> results_;
};

}  // namespace paytick::settler::testing
