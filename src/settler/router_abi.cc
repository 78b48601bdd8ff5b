#include "settler/router_abi.h"

#include <algorithm>

#include "settler/policy.h"

namespace paytick::settler {

using chain::ScVal;

std::vector<ScVal> settle_args(std::span<const SettlementItem> items) {
  std::vector<ScVal> batch;
  for (const SettlementItem& item : items)
    batch.push_back(chain::sc_vec({chain::sc_address(item.meter), chain::sc_address(item.creator),
                                   chain::sc_u32(item.bps), chain::sc_i128(item.cumulative)}));
  return {chain::sc_vec(std::move(batch))};
}

std::vector<ScVal> credit_args(std::span<const CreditItem> items) {
  std::vector<ScVal> batch;
  for (const CreditItem& item : items)
    batch.push_back(chain::sc_vec({chain::sc_address(item.meter), chain::sc_i128(item.cumulative)}));
  return {chain::sc_vec(std::move(batch))};
}

std::optional<std::vector<std::int32_t>> item_codes(const ScVal& returned, std::size_t items) {
  const auto* bytes = returned.get<chain::ScBytes>();
  if (bytes == nullptr || bytes->value.bytes.size() != items) return std::nullopt;
  std::vector<std::int32_t> codes;
  for (const char c : bytes->value.bytes) codes.push_back(static_cast<std::uint8_t>(c));
  return codes;
}

std::optional<MeterTotals> totals_of(std::span<const ScVal> v) {
  constexpr std::size_t kFields = 7;
  if (v.size() != kFields) return std::nullopt;
  const auto viewer = chain::account_of(v[0]);
  const auto deposited = chain::amount_of(v[1]), refunded = chain::amount_of(v[2]),
             paid = chain::amount_of(v[3]), allowance = chain::amount_of(v[4]);
  const auto version = chain::unsigned_of(v[5]), refund_at = chain::unsigned_of(v[6]);
  if (!viewer || !deposited || !refunded || !paid || !allowance || !version || !refund_at)
    return std::nullopt;
  return MeterTotals{*viewer, *deposited, *refunded, *paid, *allowance, *version, *refund_at};
}

MeterReport report_of(const MeterId& meter, const MeterTotals& t, std::uint32_t ledger) {
  const std::uint64_t refund_at_s = std::min(t.refund_at_s, static_cast<std::uint64_t>(kTimeMax.ms / 1'000));
  return {t.viewer,   meter,  t.deposited,
          t.refunded, t.paid, t.allowance,
          t.version,  ledger, TimeMs{static_cast<std::int64_t>(refund_at_s) * 1'000}};
}

namespace {

bool read_item(RouterEvent& out, std::span<const ScVal> topics, std::span<const ScVal> data) {
  if (topics.size() != 3 || data.size() < 3) return false;
  const auto bps = chain::unsigned_of(data[0]);
  const auto cumulative = chain::amount_of(data[1]);
  if (!bps || *bps > 10'000 || !cumulative) return false;
  out.creator = chain::account_of(topics[2]);
  out.bps = static_cast<std::uint16_t>(*bps);
  out.cumulative = *cumulative;
  return true;
}

bool read_settled(RouterEvent& out, std::span<const ScVal> topics, std::span<const ScVal> data) {
  if (!read_item(out, topics, data) || data.size() < 4) return false;
  const auto amount = chain::amount_of(data[2]), fee = chain::amount_of(data[3]);
  out.totals = totals_of(data.subspan(4));
  if (!amount || !fee || !out.totals) return false;
  out.amount = *amount;
  out.fee = *fee;
  out.code = out.amount > Amount(0) ? kCodePaid : kCodeNothingNew;
  return true;
}

bool read_skipped(RouterEvent& out, std::span<const ScVal> topics, std::span<const ScVal> data) {
  if (!read_item(out, topics, data) || data.size() != 3) return false;
  const auto code = chain::unsigned_of(data[2]);
  if (!code || *code > 255) return false;
  out.code = static_cast<std::int32_t>(*code);
  return true;
}

bool read_credited(RouterEvent& out, std::span<const ScVal> topics, std::span<const ScVal> data) {
  if (topics.size() != 2 || data.size() < 2) return false;
  const auto cumulative = chain::amount_of(data[0]), amount = chain::amount_of(data[1]);
  out.totals = totals_of(data.subspan(2));
  if (!cumulative || !amount || !out.totals) return false;
  out.cumulative = *cumulative;
  out.amount = *amount;
  out.code = out.amount > Amount(0) ? kCodePaid : kCodeNothingNew;
  return true;
}

bool read_uncredited(RouterEvent& out, std::span<const ScVal> topics, std::span<const ScVal> data) {
  if (topics.size() != 2 || data.size() != 2) return false;
  const auto cumulative = chain::amount_of(data[0]);
  const auto code = chain::unsigned_of(data[1]);
  if (!cumulative || !code || *code > 255) return false;
  out.cumulative = *cumulative;
  out.code = static_cast<std::int32_t>(*code);
  return true;
}

// The router's events of a transaction, decoded, in order.
std::vector<RouterEvent> events_of(const chain::TransactionMeta& meta, const ContractId& router) {
  std::vector<const chain::ContractEvent*> events;
  if (const auto* v4 = meta.get<chain::TransactionMetaV4>()) {
    for (const auto& operation : v4->operations)
      for (const auto& event : operation.events) events.push_back(&event);
  } else if (const auto* v3 = meta.get<chain::TransactionMetaV3>(); v3 != nullptr && v3->soroban) {
    for (const auto& event : v3->soroban->events) events.push_back(&event);
  }
  std::vector<RouterEvent> out;
  for (const chain::ContractEvent* event : events) {
    if (event->contract != router || event->type != chain::EventType::contract) continue;
    const auto& body = *event->body.get<chain::EventBody>();
    if (auto decoded = router_event(body.topics, body.data)) out.push_back(*decoded);
  }
  return out;
}

}  // namespace

std::optional<RouterEvent> router_event(std::span<const ScVal> topics, const ScVal& data) {
  const auto* values = chain::vec_of(data);
  if (topics.size() < 2 || values == nullptr) return std::nullopt;
  const auto name = chain::symbol_of(topics[0]);
  const auto meter = chain::contract_of(topics[1]);
  if (!name || !meter) return std::nullopt;
  RouterEvent out;
  out.meter = *meter;
  const std::span<const ScVal> all(*values);
  if (*name == "meter") {
    out.kind = RouterEvent::Kind::meter;
    out.totals = totals_of(all);
    if (!out.totals) return std::nullopt;
  } else if (*name == "refund") {
    out.kind = RouterEvent::Kind::refund;
    if (!all.empty()) out.totals = totals_of(all.subspan(1));
    if (!out.totals) return std::nullopt;
  } else if (*name == "settled") {
    out.kind = RouterEvent::Kind::settled;
    if (!read_settled(out, topics, all)) return std::nullopt;
  } else if (*name == "skipped") {
    out.kind = RouterEvent::Kind::skipped;
    if (!read_skipped(out, topics, all)) return std::nullopt;
  } else if (*name == "credited") {
    out.kind = RouterEvent::Kind::credited;
    if (!read_credited(out, topics, all)) return std::nullopt;
  } else if (*name == "uncredited") {
    out.kind = RouterEvent::Kind::uncredited;
    if (!read_uncredited(out, topics, all)) return std::nullopt;
  } else {
    return std::nullopt;
  }
  return out;
}

std::optional<std::vector<SettledItem>> settled_items(const chain::TransactionMeta& meta,
                                                      const ContractId& router,
                                                      std::span<const SettlementItem> items) {
  std::vector<SettledItem> out;
  for (const RouterEvent& event : events_of(meta, router)) {
    if (event.kind != RouterEvent::Kind::settled && event.kind != RouterEvent::Kind::skipped) continue;
    if (out.size() >= items.size()) return std::nullopt;
    const SettlementItem& item = items[out.size()];
    if (event.meter != item.meter || event.creator != item.creator || event.bps != item.bps)
      return std::nullopt;
    out.push_back({item.sum, event.cumulative, event.amount, event.fee, event.code});
  }
  if (out.size() != items.size()) return std::nullopt;
  return out;
}

std::optional<std::vector<CreditedItem>> credited_items(const chain::TransactionMeta& meta,
                                                        const ContractId& router,
                                                        std::span<const CreditItem> items) {
  std::vector<CreditedItem> out;
  for (const RouterEvent& event : events_of(meta, router)) {
    if (event.kind != RouterEvent::Kind::credited && event.kind != RouterEvent::Kind::uncredited) continue;
    if (out.size() >= items.size() || event.meter != items[out.size()].meter) return std::nullopt;
    out.push_back({event.meter, event.cumulative, event.amount, event.code});
  }
  if (out.size() != items.size()) return std::nullopt;
  return out;
}

}  // namespace paytick::settler
