#pragma once
// The messages of the socket (DESIGN.md §7; the player of system 1): in,
// {"type":"ping","videoId":"…","contractId":"C…"} with optional planId, resumeToken and seq; out, `tick` and
// `error`. Pure: text in, values out, and back.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/codec.h"
#include "model/error.h"
#include "model/ids.h"
#include "model/money.h"
#include "model/outputs.h"
#include "model/time.h"

namespace paytick::ingest {

inline constexpr std::size_t kSocketMessageBytesMax = 16 * 1024;

struct Ping {
  ContentId content;
  MeterId meter;
  std::optional<PlanId> plan;       // the price that was shown, if the client says so
  std::string_view resume_token;    // into the message, or empty
  std::optional<std::int64_t> seq;  // the client's own number, given back in the answer
};

// The line is destroyed. Codes: those of read_object, "unknown_type", "missing_field", "bad_field",
// "unknown_content" and "unknown_contract" (for ids that cannot be ours), "price_changed" (for a plan that
// cannot be).
Result<Ping> parse_ping(codec::MutableLine message);

// What every paid answer says. `resume_token` is a text so that it can be kept between answers.
struct TickAnswer {
  Amount spendable;
  TimeMs paid_until;
  SessionId session;
  std::string_view resume_token;
  std::optional<std::int64_t> seq;
};

// {"type":"tick","newBalance":"4.9900000","paidUntil":…,"session":"…","resumeToken":"…"}
// Appended to `out`.
void render_tick(const TickAnswer& answer, std::string& out);
// {"type":"error","code":"balance","message":"…","newBalance":"…", … }: nothing more is bought; what was
// bought before lasts until paidUntil.
std::string render_halt(HaltReason reason, const TickAnswer& answer);
// {"type":"error","code":"…","message":"…"}
std::string render_error(const Error& error, std::optional<std::int64_t> seq = std::nullopt);

}  // namespace paytick::ingest
