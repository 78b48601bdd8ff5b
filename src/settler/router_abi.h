#pragma once
// The router's calls and events as values (contracts/README.md, frozen). Pure.

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "chain/result_xdr.h"
#include "chain/scval.h"
#include "model/inputs.h"
#include "model/settlements.h"

namespace paytick::settler {

// Arguments of settle().
std::vector<chain::ScVal> settle_args(std::span<const SettlementItem> items);
// Arguments of credit().
std::vector<chain::ScVal> credit_args(std::span<const CreditItem> items);
// One code an item, from what settle() and credit() return; nothing when it is something else.
std::optional<std::vector<std::int32_t>> item_codes(const chain::ScVal& returned, std::size_t items);

struct MeterTotals {
  ViewerId viewer;
  Amount deposited, refunded, paid, allowance;
  std::uint64_t version = 0;
  std::uint64_t refund_at_s = 0;
};
// The seven of Totals, from `first` on.
std::optional<MeterTotals> totals_of(std::span<const chain::ScVal> values);
MeterReport report_of(const MeterId& meter, const MeterTotals& totals, std::uint32_t ledger);

// An event of the router. Others' events must be filtered out by the caller, who knows the contract it came
// from.
struct RouterEvent {
  enum class Kind : std::uint8_t { meter, settled, skipped, refund, credited, uncredited } kind{};
  MeterId meter;
  std::optional<MeterTotals> totals;  // absent with `skipped` and `uncredited`
  // With settled and skipped; cumulative, amount and code with credited and uncredited, too:
  std::optional<CreatorId> creator;  // absent when it is not an account
  std::uint16_t bps = 0;
  Amount cumulative, amount, fee;
  std::int32_t code = 0;
};
// Nothing for events that are of no concern here (`creator`, `key`, kinds to come) or not as agreed.
std::optional<RouterEvent> router_event(std::span<const chain::ScVal> topics, const chain::ScVal& data);

// What a settlement did, item by item, from its transaction's events and return value. Nothing when the meta
// does not tell (another contract version, a node without events).
std::optional<std::vector<SettledItem>> settled_items(const chain::TransactionMeta& meta,
                                                      const ContractId& router,
                                                      std::span<const SettlementItem> items);
// The same of a batch of credits.
std::optional<std::vector<CreditedItem>> credited_items(const chain::TransactionMeta& meta,
                                                        const ContractId& router,
                                                        std::span<const CreditItem> items);

}  // namespace paytick::settler
