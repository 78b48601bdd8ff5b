#pragma once
// The messages of the socket (DESIGN.md §7; schemas/asyncapi.yaml). Pure: text in, values out, and back.
//
// In: {"type":"ping","videoId":"…","contractId":"C…"} with optional planId, resumeToken, playToken and seq;
// {"type":"login","token":"…"}; {"type":"subscribe","payments":true}; room:join and room:leave.
// Out: tick, error, low_balance, resumed; for subscribers payment_update, payment_limit_reached and
// payment_state.

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
  bool play_token = false;          // the answer is to hold one
  std::optional<std::int64_t> seq;  // the client's own number, given back in the answer
};

enum class MessageType : std::uint8_t { ping, login, subscribe, room_join, room_leave };

struct Message {
  MessageType type = MessageType::ping;
  Ping ping;                 // of a ping; its seq is of any message
  std::string_view token;    // of a login, into the message
  std::string_view channel;  // of a room, into the message
  std::string_view name;     // of a room: how the others see who joins, or empty
  bool payments = false;     // of a subscribe
};

// The line is destroyed. Codes: those of read_object, "unknown_type", "missing_field", "bad_field",
// "unknown_content" and "unknown_contract" (for ids that cannot be ours), "price_changed" (for a plan that
// cannot be).
Result<Message> parse_message(codec::MutableLine message);
// The same where only a ping is understood.
Result<Ping> parse_ping(codec::MutableLine message);

// What every paid answer says. The tokens are texts so that they can be kept between answers.
struct TickAnswer {
  Amount spendable;
  TimeMs paid_until;
  SessionId session;
  std::string_view resume_token;
  std::optional<std::int64_t> seq;
  std::string_view play_token{};  // empty: not asked for
};

// {"type":"tick","newBalance":"4.9900000","paidUntil":…,"session":"…","resumeToken":"…"}
// Appended to `out`.
void render_tick(const TickAnswer& answer, std::string& out);
// {"type":"error","code":"balance","message":"…","newBalance":"…", … }: nothing more is bought; what was
// bought before lasts until paidUntil. With `topUp`, what to pay in, where that would help.
std::string render_halt(HaltReason reason, const TickAnswer& answer,
                        std::optional<Amount> top_up = std::nullopt);
// {"type":"resumed","was":"balance","message":"…","newBalance":"…", … }: the reason of a halt is gone; the
// next ping buys.
std::string render_resumed(HaltReason was, const TickAnswer& answer);
// {"type":"low_balance","message":"…","newBalance":"…","secondsLeft":50,"session":"…","topUp":"5.0000000"}
std::string render_low_balance(const TickAnswer& answer, std::int64_t seconds_left, Amount top_up);
// {"type":"login","account":"G…"}: whose messages those of this socket are from now on.
std::string render_login(const AccountId& account, std::optional<std::int64_t> seq);
// {"type":"error","code":"…","message":"…"}
std::string render_error(const Error& error, std::optional<std::int64_t> seq = std::nullopt);

// What a player is doing, as the client of system 2 shows it.
enum class PaymentState : std::uint8_t { idle, processing, paused, limit_reached };
std::string_view to_text(PaymentState state);

// Money in these is JSON numbers, rendered from integers.
// What was bought since the last one, or given back (below 0).
// {"type":"payment_update","amount":0.0100000,"totalSpent":0.0200000,"limit":…,"balance":…,"session":"…",
// "state":"processing"}
struct PaymentUpdate {
  Amount amount, total_spent, limit, balance;
  SessionId session;
};
std::string render_payment_update(const PaymentUpdate& update);
// {"type":"payment_limit_reached","limit":…,"totalSpent":…,"session":"…","state":"limit_reached","message":"…"}
std::string render_limit_reached(const PaymentUpdate& update);
// {"type":"payment_state","state":"paused"}
std::string render_payment_state(PaymentState state);
// {"type":"subscribed","payments":true,"state":"idle"}
std::string render_subscribed(bool payments, PaymentState state, std::optional<std::int64_t> seq);

}  // namespace paytick::ingest
