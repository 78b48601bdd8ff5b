#pragma once
// The fold's hints to gateways.

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
};

}  // namespace paytick
