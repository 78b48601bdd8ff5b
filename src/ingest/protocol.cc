#include "ingest/protocol.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "ingest/errors.h"
#include "ingest/protocol_json.h"
#include "model/digits.h"

namespace paytick::ingest {
namespace {

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

void text(Json& json, const char* key, std::string_view value) {
  json.Key(key);
  json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

void paid(Json& json, const TickAnswer& answer) {
  text(json, "newBalance", to_decimal(answer.spendable));
  json.Key("paidUntil");
  json.Int64(answer.paid_until.ms);
  text(json, "session", to_text(answer.session));
  text(json, "resumeToken", answer.resume_token);
  if (!answer.play_token.empty()) text(json, "playToken", answer.play_token);
}

void echo(Json& json, std::optional<std::int64_t> seq) {
  if (!seq) return;
  json.Key("seq");
  json.Int64(*seq);
}

std::string_view words(HaltReason reason) {
  switch (reason) {
    case HaltReason::balance:
      return "The meter's balance is used up; top it up to go on.";
    case HaltReason::limit:
      return "The spending limit is reached; raise it to go on.";
    case HaltReason::paused:
      return "Payments are paused; resume them to go on.";
    case HaltReason::frozen:
      return "The account is frozen; ask the platform's support.";
    case HaltReason::refund:
      return "A refund of this meter was asked for; nothing more is bought with it.";
    case HaltReason::content:
      return "This content was closed.";
  }
  return "Nothing more can be bought now.";
}

std::string take(const rapidjson::StringBuffer& out) { return {out.GetString(), out.GetSize()}; }

struct Fields {
  std::string_view type, content, meter, plan, resume, token, channel, name;
  bool play_token = false, payments = false;
  std::optional<std::int64_t> seq;
  std::string_view bad;  // the first member of a wrong type
};

void collect(Fields& f, std::string_view parent, std::string_view key, const JsonScalar& v) {
  if (!parent.empty() || v.kind == JsonScalar::Kind::null) return;
  std::string_view* to = key == "type"          ? &f.type
                         : key == "videoId"     ? &f.content
                         : key == "contractId"  ? &f.meter
                         : key == "planId"      ? &f.plan
                         : key == "resumeToken" ? &f.resume
                         : key == "token"       ? &f.token
                         : key == "channel"     ? &f.channel
                         : key == "name"        ? &f.name
                                                : nullptr;
  bool* flag = key == "playToken" ? &f.play_token : key == "payments" ? &f.payments : nullptr;
  bool good = true;
  if (to != nullptr) {
    good = v.kind == JsonScalar::Kind::text;
    if (good) *to = v.text;
  } else if (flag != nullptr) {
    good = v.kind == JsonScalar::Kind::boolean;
    *flag = v.boolean;
  } else if (key == "seq") {
    good = v.kind == JsonScalar::Kind::integer && v.integer >= 0;
    if (good) f.seq = v.integer;
  }
  if (!good && f.bad.empty()) f.bad = key;
}

Result<Fields> read_fields(codec::MutableLine message) {
  if (message.size > kSocketMessageBytesMax) {
    return fail(code::kTooLarge,
                "A message may have " + std::to_string(kSocketMessageBytesMax) + " bytes at most.");
  }
  Fields f;
  auto read = read_object(message, [&f](std::string_view parent, std::string_view key, const JsonScalar& v) {
    collect(f, parent, key, v);
  });
  if (!read) return tl::unexpected(std::move(read.error()));
  if (!f.bad.empty())
    return fail(code::kBadField, "The field " + std::string(f.bad) + " has the wrong type.");
  if (f.type.empty()) return fail(code::kMissingField, "The field type is missing.");
  return f;
}

Result<Ping> ping_of(const Fields& f) {
  if (f.content.empty()) return fail(code::kMissingField, "The field videoId is missing.");
  if (f.meter.empty()) return fail(code::kMissingField, "The field contractId is missing.");
  Ping ping;
  const auto content = parse_id<ContentId>(f.content);
  if (!content) return fail(code::kUnknownContent, "There is no content with this id.");
  ping.content = *content;
  const auto meter = parse_id<MeterId>(f.meter);
  if (!meter) return fail(code::kUnknownContract, "contractId is not the id of a contract (C…).");
  ping.meter = *meter;
  if (!f.plan.empty()) {
    ping.plan = parse_id<PlanId>(f.plan);
    if (!ping.plan) return fail(code::kPriceChanged, "This planId is not the content's current one.");
  }
  ping.resume_token = f.resume;
  ping.play_token = f.play_token;
  ping.seq = f.seq;
  return ping;
}

std::optional<MessageType> type_of(std::string_view type) {
  if (type == "ping") return MessageType::ping;
  if (type == "login") return MessageType::login;
  if (type == "subscribe") return MessageType::subscribe;
  if (type == "room:join") return MessageType::room_join;
  if (type == "room:leave") return MessageType::room_leave;
  return std::nullopt;
}

void number(Json& json, const char* key, Amount amount) {
  json.Key(key);
  const std::string digits = to_decimal(amount);
  json.RawValue(digits.data(), digits.size(), rapidjson::kNumberType);
}

}  // namespace

Result<Message> parse_message(codec::MutableLine line) {
  const auto f = read_fields(line);
  if (!f) return tl::unexpected(f.error());
  const auto type = type_of(f->type);
  if (!type) {
    return fail(code::kUnknownType,
                "Messages of type ping, login, subscribe, room:join and room:leave are understood here.");
  }
  Message message;
  message.type = *type;
  if (*type == MessageType::ping) {
    auto ping = ping_of(*f);
    if (!ping) return tl::unexpected(std::move(ping.error()));
    message.ping = *ping;
  }
  if (*type == MessageType::login && f->token.empty()) {
    return fail(code::kMissingField, "The field token is missing.");
  }
  const bool room = *type == MessageType::room_join || *type == MessageType::room_leave;
  if (room && f->channel.empty()) return fail(code::kMissingField, "The field channel is missing.");
  message.ping.seq = f->seq;
  message.token = f->token;
  message.channel = f->channel;
  message.name = f->name;
  message.payments = f->payments;
  return message;
}

Result<Ping> parse_ping(codec::MutableLine line) {
  const auto f = read_fields(line);
  if (!f) return tl::unexpected(f.error());
  if (f->type != "ping") return fail(code::kUnknownType, "Only messages of type ping are understood here.");
  return ping_of(*f);
}

// By hand, for it is most of what a gateway says; nothing in it needs an escape.
void render_tick(const TickAnswer& answer, std::string& out) {
  out.append(R"({"type":"tick","newBalance":")").append(to_decimal(answer.spendable));
  out.append(R"(","paidUntil":)");
  append_digits(out, answer.paid_until.ms);
  out.append(R"(,"session":")").append(to_text(answer.session));
  out.append(R"(","resumeToken":")").append(answer.resume_token).append(1, '"');
  if (!answer.play_token.empty()) out.append(R"(,"playToken":")").append(answer.play_token).append(1, '"');
  if (answer.seq) {
    out.append(R"(,"seq":)");
    append_digits(out, *answer.seq);
  }
  out += '}';
}

std::string render_halt(HaltReason reason, const TickAnswer& answer, std::optional<Amount> top_up) {
  rapidjson::StringBuffer out;
  Json json(out);
  json.StartObject();
  text(json, "type", "error");
  text(json, "code", codec::to_text(reason));
  text(json, "message", words(reason));
  paid(json, answer);
  if (top_up) text(json, "topUp", to_decimal(*top_up));
  echo(json, answer.seq);
  json.EndObject();
  return take(out);
}

std::string render_resumed(HaltReason was, const TickAnswer& answer) {
  rapidjson::StringBuffer out;
  Json json(out);
  json.StartObject();
  text(json, "type", "resumed");
  text(json, "was", codec::to_text(was));
  text(json, "message", "Payments go on; ping to play.");
  paid(json, answer);
  json.EndObject();
  return take(out);
}

std::string render_low_balance(const TickAnswer& answer, std::int64_t seconds_left, Amount top_up) {
  rapidjson::StringBuffer out;
  Json json(out);
  json.StartObject();
  text(json, "type", "low_balance");
  text(json, "message", "The balance is nearly used up; top the meter up to keep watching.");
  text(json, "newBalance", to_decimal(answer.spendable));
  json.Key("secondsLeft");
  json.Int64(seconds_left);
  text(json, "session", to_text(answer.session));
  text(json, "topUp", to_decimal(top_up));
  json.EndObject();
  return take(out);
}

std::string render_login(const AccountId& account, std::optional<std::int64_t> seq) {
  rapidjson::StringBuffer out;
  Json json(out);
  json.StartObject();
  text(json, "type", "login");
  text(json, "account", to_text(account));
  echo(json, seq);
  json.EndObject();
  return take(out);
}

std::string render_error(const Error& error, std::optional<std::int64_t> seq) {
  rapidjson::StringBuffer out;
  Json json(out);
  json.StartObject();
  text(json, "type", "error");
  text(json, "code", error.code);
  text(json, "message", error.message);
  echo(json, seq);
  json.EndObject();
  return take(out);
}

std::string_view to_text(PaymentState state) {
  switch (state) {
    case PaymentState::idle:
      return "idle";
    case PaymentState::processing:
      return "processing";
    case PaymentState::paused:
      return "paused";
    case PaymentState::limit_reached:
      return "limit_reached";
  }
  return "idle";
}

std::string render_payment_update(const PaymentUpdate& update) {
  rapidjson::StringBuffer out;
  Json json(out);
  json.StartObject();
  text(json, "type", "payment_update");
  number(json, "amount", update.amount);
  number(json, "totalSpent", update.total_spent);
  number(json, "limit", update.limit);
  number(json, "balance", update.balance);
  text(json, "session", to_text(update.session));
  text(json, "state", to_text(PaymentState::processing));
  json.EndObject();
  return take(out);
}

std::string render_limit_reached(const PaymentUpdate& update) {
  rapidjson::StringBuffer out;
  Json json(out);
  json.StartObject();
  text(json, "type", "payment_limit_reached");
  number(json, "limit", update.limit);
  number(json, "totalSpent", update.total_spent);
  text(json, "session", to_text(update.session));
  text(json, "state", to_text(PaymentState::limit_reached));
  text(json, "message", words(HaltReason::limit));
  json.EndObject();
  return take(out);
}

std::string render_payment_state(PaymentState state) {
  rapidjson::StringBuffer out;
  Json json(out);
  json.StartObject();
  text(json, "type", "payment_state");
  text(json, "state", to_text(state));
  json.EndObject();
  return take(out);
}

std::string render_subscribed(bool payments, PaymentState state, std::optional<std::int64_t> seq) {
  rapidjson::StringBuffer out;
  Json json(out);
  json.StartObject();
  text(json, "type", "subscribed");
  json.Key("payments");
  json.Bool(payments);
  text(json, "state", to_text(state));
  echo(json, seq);
  json.EndObject();
  return take(out);
}

}  // namespace paytick::ingest
