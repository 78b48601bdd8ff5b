#pragma once
// A chain in memory that pays cumulative sums, with one source account, ledgers that close when told, and
// answers drawn from a seed to be lost, late or refused; and a router that tells of every change of a meter.
// Outlives restarts of the settler and the reader.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "settler/chain_port.h"
#include "simulation/bugs.h"

namespace paytick::simulation {

enum class SendFault : std::uint8_t { none, lost_applied, lost_dropped, unreachable, try_again, forgotten };

enum class EventFault : std::uint8_t { none, lost, repeated, pruned };

class SimulatedChain final : public settler::ChainPort {
 public:
  using Key = std::tuple<MeterId, CreatorId, std::uint16_t>;
  // Asked at each send; drawn from the seed.
  std::function<SendFault()> send_fault;
  std::function<EventFault()> event_fault;  // asked at each question for events or totals
  Bug bug = Bug::none;                      // those of the contracts and the settler are planted here

  explicit SimulatedChain(TimeMs now) { ledger_.close_time = now; }
  void close_ledger(TimeMs now);
  const std::map<Key, std::int64_t>& paid_sums() const { return paid_; }
  const std::map<MeterId, std::int64_t>& credited_sums() const { return credited_; }
  std::int64_t treasury = std::int64_t{1} << 62;  // what it holds

  // What viewers do there: register a meter or pay into it, ask for their money back, and take it without the
  // settler, as if their delay had passed.
  void deposit(const ViewerId& viewer, const MeterId& meter, Amount amount);
  void request_refund(const MeterId& meter);
  void take_refund(const MeterId& meter);  // what is asked for, if anything is
  // Meters that could not pay what is due from them, although nobody but the settler has emptied them.
  const std::set<MeterId>& overdrawn() const { return overdrawn_; }
  const std::map<MeterId, MeterReport>& meters() const { return meters_; }
  // That a creator has asked for it, which only a planted bug cares about.
  void asked_to_pay(const CreatorId& creator) { asked_to_pay_.insert(creator); }

  AccountId source() const override { return {}; }
  Result<settler::LedgerInfo> latest_ledger() override { return ledger_; }
  Result<settler::LedgerInfo> oldest_ledger() override;
  Result<std::int64_t> next_sequence() override { return sequence_ + 1; }
  Result<settler::Preparation> prepare(std::span<const SettlementItem> items, std::int64_t sequence,
                                       TimeMs min_time, TimeMs max_time) override;
  Result<settler::Preparation> prepare_credits(std::span<const CreditItem> items, std::int64_t sequence,
                                               TimeMs min_time, TimeMs max_time) override;
  Result<settler::Preparation> prepare_refund(const RefundItem& item, std::int64_t sequence, TimeMs min_time,
                                              TimeMs max_time) override;
  bool has_treasury() const override { return true; }
  Result<Amount> treasury_balance() override { return Amount(treasury); }
  Result<std::vector<Amount>> credited(std::span<const CreditItem> items) override;
  Result<settler::SendAnswer> send(std::string_view envelope) override;
  Result<settler::TransactionAnswer> transaction(const Prepared& prepared) override;
  Result<std::vector<Amount>> paid(std::span<const SettlementItem> items) override;
  Result<settler::EventPage> events(std::string_view cursor, std::uint32_t start_ledger) override;
  Result<MeterReport> totals(const MeterId& meter) override;
  Result<void> register_creators(std::span<const CreatorId> creators) override;

 private:
  void make(Prepared& p, std::int64_t sequence, TimeMs min_time, TimeMs max_time);
  void apply(const Prepared& p);
  CreditedItem pay_in(const CreditItem& item);
  void pay_out(const MeterId& meter);
  void tell(MeterReport& meter, std::optional<RefundRequest> refund = std::nullopt);
  EventFault draw() const { return event_fault ? event_fault() : EventFault::none; }

  settler::LedgerInfo ledger_{100, {}};
  std::int64_t sequence_ = 10;
  std::map<std::string, Prepared, std::less<>> made_;
  std::optional<Prepared> pending_;
  std::map<TxHash, settler::TransactionAnswer> results_;
  std::map<Key, std::int64_t> paid_;
  std::map<MeterId, std::int64_t> credited_;
  std::map<MeterId, MeterReport> meters_;
  std::map<MeterId, std::int64_t> asked_back_;
  std::map<MeterId, TimeMs> asked_at_;  // the latest request, pending or not
  std::set<MeterId> taken_, overdrawn_;
  std::set<CreatorId> asked_to_pay_;
  std::vector<settler::ChainEvent> events_;
};

}  // namespace paytick::simulation
