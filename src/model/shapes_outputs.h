#pragma once
// Private to the codec: the JSON of outputs.h.

#include "model/outputs.h"
#include "model/shapes_inputs.h"

namespace paytick::codec {

template <>
struct Words<AdjustReason> {
  static constexpr std::array<std::string_view, 6> kWords{"stop",    "pause",  "freeze",
                                                          "gateway", "refund", "content"};
};
template <>
struct Words<HaltReason> {
  static constexpr std::array<std::string_view, 6> kWords{"balance", "limit",  "paused",
                                                          "frozen",  "refund", "content"};
};

inline constexpr Text kCode{1, 64};
inline constexpr Text kInputType{0, 64};

template <>
struct Shape<FrameHeader> {
  static constexpr auto kType = "frame"_m;
  static void members(auto& f, auto& e) {
    f("partition"_m, e.partition);
    f("epoch"_m, e.epoch);
    f("from"_m, e.from);
    f("to"_m, e.to);
    f("prev"_m, e.prev);
    f("fold"_m, e.fold);
    f("n"_m, e.n);
    f.optional("more"_m, e.more);
  }
};

template <>
struct Shape<Fence> {
  static constexpr auto kType = "fence"_m;
  static void members(auto& f, auto& e) {
    f("partition"_m, e.partition);
    f("epoch"_m, e.epoch);
    f("owner"_m, e.owner);
  }
};

template <>
struct Shape<SumLine> {
  static constexpr auto kType = "sum"_m;
  static void members(auto& f, auto& e) {
    f("sum"_m, e.sum);
    f("viewer"_m, e.viewer);
    f("meter"_m, e.meter);
    f("creator"_m, e.creator);
    f("bps"_m, e.bps, kBps);
  }
};

template <>
struct Shape<OpenedLine> {
  static constexpr auto kType = "opened"_m;
  static void members(auto& f, auto& e) {
    f("session"_m, e.session);
    f("sum"_m, e.sum);
    f("viewer"_m, e.viewer);
    f("content"_m, e.content);
    f("plan"_m, e.plan);
    f("start"_m, e.start);
    f.optional("platform"_m, e.platform);
    f.optional("reference"_m, e.reference, kReference);
    f("proof"_m, e.proof);
  }
};

template <>
struct Shape<TickLine> {
  static constexpr auto kType = "tick"_m;
  static void members(auto& f, auto& e) {
    f("session"_m, e.session);
    f("sum"_m, e.sum);
    f("k"_m, e.k);
    f("n"_m, e.n);
    f("price"_m, e.price);
    f("start"_m, e.start);
    f("ticks"_m, e.ticks);
    f("charged"_m, e.charged);
    f("due"_m, e.due);
    f("paidUntil"_m, e.paid_until);
    f("spendable"_m, e.spendable, kSigned);
    f("proof"_m, e.proof);
  }
};

template <>
struct Shape<AdjustLine> {
  static constexpr auto kType = "adjust"_m;
  static void members(auto& f, auto& e) {
    f("session"_m, e.session);
    f("sum"_m, e.sum);
    f("k"_m, e.k);
    f("n"_m, e.n);
    f("price"_m, e.price);
    f("start"_m, e.start);
    f("reason"_m, e.reason);
    f("ticks"_m, e.ticks);
    f("charged"_m, e.charged);
    f("due"_m, e.due);
    f("paidUntil"_m, e.paid_until);
    f("spendable"_m, e.spendable, kSigned);
    f("proof"_m, e.proof);
  }
};

template <>
struct Shape<DueLine> {
  static constexpr auto kType = "due"_m;
  static void members(auto& f, auto& e) {
    f("at"_m, e.at);
    f("sums"_m, e.sums);  // [[sum,due],…]
  }
};

template <>
struct Shape<ChargeLine> {
  static constexpr auto kType = "charge"_m;
  static void members(auto& f, auto& e) {
    f("sum"_m, e.sum);
    f("kind"_m, e.kind);
    f("key"_m, e.key, kKey);
    f("amount"_m, e.amount);
    f("charged"_m, e.charged);
    f("due"_m, e.due);
    f("spendable"_m, e.spendable, kSigned);
    f("at"_m, e.at);
    f("proof"_m, e.proof);
    f.optional("message"_m, e.message, kMessage);
    f.optional("channel"_m, e.channel, kReference);
    f.optional("content"_m, e.content);
  }
};

template <>
struct Shape<CreditLine> {
  static constexpr auto kType = "credit"_m;
  static void members(auto& f, auto& e) {
    f("viewer"_m, e.viewer);
    f("meter"_m, e.meter);
    f("amount"_m, e.amount);
    f("key"_m, e.key, kKey);
    f("reason"_m, e.reason, kReason);
    f.optional("corrects"_m, e.corrects, kReference);
    f("at"_m, e.at);
    f.optional("credited"_m, e.credited);
  }
};

template <>
struct Shape<HaltLine> {
  static constexpr auto kType = "halt"_m;
  static void members(auto& f, auto& e) {
    f("session"_m, e.session);
    f("reason"_m, e.reason);
    f("at"_m, e.at);
    f("spendable"_m, e.spendable, kSigned);
  }
};

template <>
struct Shape<LateLine> {
  static constexpr auto kType = "late"_m;
  static void members(auto& f, auto& e) {
    f("attachment"_m, e.attachment);
    f("at"_m, e.at);
    f("offset"_m, e.offset);
    f("line"_m, e.line);
  }
};

template <>
struct Shape<RejectedLine> {
  static constexpr auto kType = "rejected"_m;
  static void members(auto& f, auto& e) {
    f("code"_m, e.code, kCode);
    f.optional("input"_m, e.input, kInputType);
    f("offset"_m, e.offset);
    f("line"_m, e.line);
  }
};

template <>
struct Shape<ClosedLine> {
  static constexpr auto kType = "closed"_m;
  static void members(auto& f, auto& e) {
    f("session"_m, e.session);
    f("at"_m, e.at);
    f("ticks"_m, e.ticks);
    f("amount"_m, e.amount);
    f("proof"_m, e.proof);
  }
};

template <>
struct Shape<MeterLine> {
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
    f("charged"_m, e.charged);
    f("spendable"_m, e.spendable, kSigned);
    f("at"_m, e.at);
    f.optional("refundAt"_m, e.refund_at);
    f.optional("tx"_m, e.tx);
  }
};

template <>
struct Shape<ViewerLine> {
  static constexpr auto kType = "viewer"_m;
  static void members(auto& f, auto& e) {
    f("viewer"_m, e.viewer);
    f("limit"_m, e.limit);
    f("period"_m, e.period);
    f.optional("paused"_m, e.paused);
    f.optional("frozen"_m, e.frozen);
    f.optional("reason"_m, e.reason, kReason);
    f("at"_m, e.at);
  }
};

template <>
struct Shape<JoinedLine> {
  static constexpr auto kType = "joined"_m;
  static void members(auto& f, auto& e) {
    f("viewer"_m, e.viewer);
    f("content"_m, e.content);
    f("at"_m, e.at);
  }
};

template <>
struct Shape<PayoutLine> {
  static constexpr auto kType = "payout"_m;
  static void members(auto& f, auto& e) {
    f("creator"_m, e.creator);
    f("at"_m, e.at);
  }
};

}  // namespace paytick::codec
