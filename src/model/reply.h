#pragma once
// The fold's hints to gateways: after the step that made them is committed, and never before.

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/ids.h"
#include "model/money.h"
#include "model/outputs.h"
#include "model/time.h"

namespace paytick {

// A hint to the gateway that holds the attachment, to be sent after the step is committed. May be lost:
// everything in it is cumulative.
struct Reply {
  AttachmentId attachment;
  GatewayId gateway;  // whose the attachment is; zero: unknown, or a platform's, whose gateways are all alike
  SessionId session;  // the one that was continued or begun
  Amount spendable;
  TimeMs paid_until;
  std::optional<HaltReason> halt;  // set while the session is halted
  bool closed = false;
  std::uint64_t seq = 0;     // of the heartbeat it answers; 0 for others
  std::string_view refused;  // a stable code (static storage) when the input was rejected, else empty
  Amount spent;              // by the viewer, in the period of the limit
  Amount limit;
};

inline constexpr Amount kUnknownPending{-1};

// How a command ended, or how things stand, to the gateway that waits for it. May be lost: the same command,
// or an `ask`, asks again.
struct Outcome {
  GatewayId gateway;
  CommandId command;
  std::string_view refused;  // a stable code (static storage), or empty: done
  bool repeated = false;     // it had been done before: `amount` and `at` are of then
  // Of the meter that the command names; zero where it names none.
  Amount spendable;
  Amount charged;
  // Of the viewer.
  Amount spent;  // in the period of the limit
  Amount limit;
  Period period = Period::total;
  bool paused = false;
  bool frozen = false;
  // What was asked for, or done.
  bool joined = false;   // the content
  bool has_key = false;  // a charge of this key
  Amount amount;         // of the charge; of a payout what was pending, or kUnknownPending
  TimeMs at;             // of the charge, by the log's time; else now
  // Of the session that the command names.
  SessionId session;
  TimeMs paid_until;
  std::int64_t ticks = 0;
  std::optional<HaltReason> halt;
  bool closed = false;
};

}  // namespace paytick
