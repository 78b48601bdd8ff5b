#pragma once
// Private to the codec: the JSON of settlements.h.

#include "model/settlements.h"
#include "model/shape.h"

namespace paytick::codec {

inline constexpr Text kEnvelope{1, 262'144};
inline constexpr Text kWord{1, 64};  // a node's status, a code

template <>
struct Shape<SettlementItem> {
  static void members(auto& f, auto& e) {
    f("sum"_m, e.sum);
    f("meter"_m, e.meter);
    f("creator"_m, e.creator);
    f("bps"_m, e.bps, kBps);
    f("cumulative"_m, e.cumulative);
  }
};

template <>
struct Shape<SettledItem> {
  static void members(auto& f, auto& e) {
    f("sum"_m, e.sum);
    f("cumulative"_m, e.cumulative);
    f("amount"_m, e.amount);
    f("fee"_m, e.fee);
    f("code"_m, e.code, kSigned);
  }
};

template <>
struct Shape<CreditItem> {
  static void members(auto& f, auto& e) {
    f("meter"_m, e.meter);
    f("cumulative"_m, e.cumulative);
  }
};

template <>
struct Shape<CreditedItem> {
  static void members(auto& f, auto& e) {
    f("meter"_m, e.meter);
    f("cumulative"_m, e.cumulative);
    f("amount"_m, e.amount);
    f("code"_m, e.code, kSigned);
  }
};

template <>
struct Shape<RefundItem> {
  static void members(auto& f, auto& e) {
    f("meter"_m, e.meter);
    f("askedAt"_m, e.asked_at);
  }
};

template <>
struct Shape<Prepared> {
  static constexpr auto kType = "prepared"_m;
  static void members(auto& f, auto& e) {
    f("hash"_m, e.hash);
    f("source"_m, e.source);
    f("sequence"_m, e.sequence);
    f("minTime"_m, e.min_time);
    f("maxTime"_m, e.max_time);
    f("ledger"_m, e.ledger);
    f("envelope"_m, e.envelope, kEnvelope);
    f("items"_m, e.items);
    f.optional("credits"_m, e.credits);
    f.optional("refunds"_m, e.refunds);
  }
};

template <>
struct Shape<Submitted> {
  static constexpr auto kType = "submitted"_m;
  static void members(auto& f, auto& e) {
    f("hash"_m, e.hash);
    f("status"_m, e.status, kWord);
    f("at"_m, e.at);
  }
};

template <>
struct Shape<Confirmed> {
  static constexpr auto kType = "confirmed"_m;
  static void members(auto& f, auto& e) {
    f("hash"_m, e.hash);
    f("ledger"_m, e.ledger);
    f("at"_m, e.at);
    f("networkFee"_m, e.network_fee);
    f("items"_m, e.items);
    f.optional("credits"_m, e.credits);
  }
};

template <>
struct Shape<Failed> {
  static constexpr auto kType = "failed"_m;
  static void members(auto& f, auto& e) {
    f("hash"_m, e.hash);
    f("code"_m, e.code, kWord);
    f("at"_m, e.at);
  }
};

template <>
struct Shape<Expired> {
  static constexpr auto kType = "expired"_m;
  static void members(auto& f, auto& e) {
    f("hash"_m, e.hash);
    f("at"_m, e.at);
  }
};

template <>
struct Shape<Parked> {
  static constexpr auto kType = "parked"_m;
  static void members(auto& f, auto& e) {
    f("sum"_m, e.sum);
    f("code"_m, e.code, kWord);
    f("cumulative"_m, e.cumulative);
    f("at"_m, e.at);
  }
};

template <>
struct Shape<ParkedCredit> {
  static constexpr auto kType = "parkedCredit"_m;
  static void members(auto& f, auto& e) {
    f("meter"_m, e.meter);
    f("code"_m, e.code, kWord);
    f("cumulative"_m, e.cumulative);
    f("at"_m, e.at);
  }
};

}  // namespace paytick::codec
