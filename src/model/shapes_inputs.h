#pragma once
// Private to the codec: the JSON of inputs.h.

#include "model/inputs.h"
#include "model/shape.h"

namespace paytick::codec {

inline constexpr Text kReference{0, kReferenceBytesMax};
inline constexpr Text kKey{1, kReferenceBytesMax};
inline constexpr Text kReason{0, kReasonBytesMax};
inline constexpr Text kMessage{0, kMessageBytesMax};

template <>
struct Words<Period> {
  static constexpr std::array<std::string_view, 3> kWords{"total", "day", "month"};
};
template <>
struct Words<ChargeKind> {
  static constexpr std::array<std::string_view, 3> kWords{"tip", "ticket", "block"};
};

// Whoever waits for a command's outcome stands at the end of its line.
inline void reply_members(auto& f, auto& reply) {
  f.optional("gateway"_m, reply.gateway);
  f.optional("command"_m, reply.command);
}

template <>
struct Shape<Plan> {
  static void members(auto& f, auto& e) {
    f("id"_m, e.id);
    f("tickMs"_m, e.tick_ms);
    f("pricePerTick"_m, e.price_per_tick);
    f("heartbeatMs"_m, e.heartbeat_ms);
    f("minimumTicks"_m, e.minimum_ticks);
    f("platformBps"_m, e.platform_bps);
    f("refundUnused"_m, e.refund_unused);
    f.optional("initialTicks"_m, e.initial_ticks);
    f.optional("initialPrice"_m, e.initial_price);
  }
};

template <>
struct Shape<Heartbeat> {
  static constexpr auto kType = "heartbeat"_m;
  static void members(auto& f, auto& e) {
    f("session"_m, e.session);
    f("attachment"_m, e.attachment);
    f("seq"_m, e.seq);
    f("at"_m, e.at);
  }
};

template <>
struct Shape<Open> {
  static constexpr auto kType = "open"_m;
  static void members(auto& f, auto& e) {
    f("session"_m, e.session);
    f("attachment"_m, e.attachment);
    f("viewer"_m, e.viewer);
    f("meter"_m, e.meter);
    f("content"_m, e.content);
    f("creator"_m, e.creator);
    f("at"_m, e.at);
    f("plan"_m, e.plan);
    f.optional("gateway"_m, e.gateway);
    f.optional("boot"_m, e.boot);
    f.optional("resume"_m, e.resume);
    f.optional("platform"_m, e.platform);
    f.optional("reference"_m, e.reference, kReference);
    f.optional("lateMs"_m, e.late_ms, Range{0, kLateMsMax}, kLateMsDefault);
    f.optional("joinRequired"_m, e.join_required);
    f.optional("ticketRequired"_m, e.ticket_required);
    f.optional("call"_m, e.call);
  }
};

template <>
struct Shape<Stop> {
  static constexpr auto kType = "stop"_m;
  static void members(auto& f, auto& e) {
    f("session"_m, e.session);
    f("attachment"_m, e.attachment);
    f("at"_m, e.at);
  }
};

template <>
struct Shape<Pause> {
  static constexpr auto kType = "pause"_m;
  static void members(auto& f, auto& e) {
    f("viewer"_m, e.viewer);
    f.optional("session"_m, e.session);
    reply_members(f, e.reply);
  }
};

template <>
struct Shape<Resume> {
  static constexpr auto kType = "resume"_m;
  static void members(auto& f, auto& e) {
    f("viewer"_m, e.viewer);
    f.optional("session"_m, e.session);
    reply_members(f, e.reply);
  }
};

template <>
struct Shape<Limit> {
  static constexpr auto kType = "limit"_m;
  static void members(auto& f, auto& e) {
    f("viewer"_m, e.viewer);
    f("amount"_m, e.amount);
    f("period"_m, e.period);
    reply_members(f, e.reply);
  }
};

template <>
struct Shape<Freeze> {
  static constexpr auto kType = "freeze"_m;
  static void members(auto& f, auto& e) {
    f("viewer"_m, e.viewer);
    f.optional("reason"_m, e.reason, kReason);
    reply_members(f, e.reply);
  }
};

template <>
struct Shape<Unfreeze> {
  static constexpr auto kType = "unfreeze"_m;
  static void members(auto& f, auto& e) {
    f("viewer"_m, e.viewer);
    f.optional("reason"_m, e.reason, kReason);
    reply_members(f, e.reply);
  }
};

template <>
struct Shape<Charge> {
  static constexpr auto kType = "charge"_m;
  static void members(auto& f, auto& e) {
    f("viewer"_m, e.viewer);
    f("meter"_m, e.meter);
    f("creator"_m, e.creator);
    f("bps"_m, e.bps, kBps);
    f("kind"_m, e.kind);
    f("key"_m, e.key, kKey);
    f("amount"_m, e.amount);
    f.optional("message"_m, e.message, kMessage);
    f.optional("channel"_m, e.channel, kReference);
    f.optional("content"_m, e.content);
    f.optional("claim"_m, e.claim, kReference);
    reply_members(f, e.reply);
  }
};

template <>
struct Shape<Credit> {
  static constexpr auto kType = "credit"_m;
  static void members(auto& f, auto& e) {
    f("viewer"_m, e.viewer);
    f("meter"_m, e.meter);
    f("amount"_m, e.amount);
    f("key"_m, e.key, kKey);
    f("reason"_m, e.reason, kReason);
    f.optional("corrects"_m, e.corrects, kReference);
    f.optional("content"_m, e.content);
    f.optional("claim"_m, e.claim, kReference);
    reply_members(f, e.reply);
  }
};

template <>
struct Shape<MeterReport> {
  static constexpr auto kType = "meter"_m;
  static void members(auto& f, auto& e) {
    f("viewer"_m, e.viewer);
    f("meter"_m, e.meter);
    f("deposited"_m, e.deposited);
    f("refunded"_m, e.refunded);
    f("paid"_m, e.paid);
    f("allowance"_m, e.allowance);
    f("version"_m, e.version);
    f("ledger"_m, e.ledger);
    f.optional("refundAt"_m, e.refund_at);
    f.optional("tx"_m, e.tx);
  }
};

template <>
struct Shape<RefundRequest> {
  static constexpr auto kType = "refund"_m;
  static void members(auto& f, auto& e) {
    f("viewer"_m, e.viewer);
    f("meter"_m, e.meter);
    f("total"_m, e.total);
    f("ledger"_m, e.ledger);
  }
};

template <>
struct Shape<ContentClosed> {
  static constexpr auto kType = "content"_m;
  static void members(auto& f, auto& e) { f("content"_m, e.content); }
};

template <>
struct Shape<GatewayStarted> {
  static constexpr auto kType = "gateway"_m;
  static void members(auto& f, auto& e) {
    f("gateway"_m, e.gateway);
    f("boot"_m, e.boot);
  }
};

template <>
struct Shape<Clock> {
  static constexpr auto kType = "clock"_m;
  static void members(auto&, auto&) {}
};

template <>
struct Shape<Join> {
  static constexpr auto kType = "join"_m;
  static void members(auto& f, auto& e) {
    f("viewer"_m, e.viewer);
    f("meter"_m, e.meter);
    f("content"_m, e.content);
    f.optional("minimum"_m, e.minimum);
    reply_members(f, e.reply);
  }
};

template <>
struct Shape<Ask> {
  static constexpr auto kType = "ask"_m;
  static void members(auto& f, auto& e) {
    f("viewer"_m, e.viewer);
    f.optional("meter"_m, e.meter);
    f.optional("content"_m, e.content);
    f.optional("session"_m, e.session);
    f.optional("key"_m, e.key, kReference);
    reply_members(f, e.reply);
  }
};

template <>
struct Shape<Metering> {
  static constexpr auto kType = "metering"_m;
  static void members(auto& f, auto& e) {
    f.optional("viewer"_m, e.viewer);
    f.optional("session"_m, e.session);
    f("at"_m, e.at);
    reply_members(f, e.reply);
  }
};

template <>
struct Shape<Payout> {
  static constexpr auto kType = "payout"_m;
  static void members(auto& f, auto& e) {
    f("creator"_m, e.creator);
    f.optional("key"_m, e.key, kReference);
    f.optional("pending"_m, e.pending);
    reply_members(f, e.reply);
  }
};

}  // namespace paytick::codec
