#include "ingest/protocol.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <array>
#include <charconv>

#include "ingest/errors.h"
#include "ingest/protocol_json.h"

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
  std::string_view type, content, meter, plan, token;
  std::optional<std::int64_t> seq;
  std::string_view bad;  // the first member of a wrong type
};

void collect(Fields& f, std::string_view parent, std::string_view key, const JsonScalar& v) {
  if (!parent.empty() || v.kind == JsonScalar::Kind::null) return;
  std::string_view* to = key == "type"          ? &f.type
                         : key == "videoId"     ? &f.content
                         : key == "contractId"  ? &f.meter
                         : key == "planId"      ? &f.plan
                         : key == "resumeToken" ? &f.token
                                                : nullptr;
  if (to != nullptr) {
    if (v.kind == JsonScalar::Kind::text) {
      *to = v.text;
    } else if (f.bad.empty()) {
      f.bad = key;
    }
  } else if (key == "seq") {
    if (v.kind == JsonScalar::Kind::integer && v.integer >= 0) {
      f.seq = v.integer;
    } else if (f.bad.empty()) {
      f.bad = key;
    }
  }
}

}  // namespace

Result<Ping> parse_ping(codec::MutableLine message) {
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
  if (f.type != "ping") return fail(code::kUnknownType, "Only messages of type ping are understood here.");
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
  ping.resume_token = f.token;
  ping.seq = f.seq;
  return ping;
}

// By hand, for it is most of what a gateway says; nothing in it needs an escape.
void render_tick(const TickAnswer& answer, std::string& out) {
  const auto number = [&out](std::int64_t value) {
    std::array<char, 20> digits;
    out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
  };
  out.append(R"({"type":"tick","newBalance":")").append(to_decimal(answer.spendable));
  out.append(R"(","paidUntil":)");
  number(answer.paid_until.ms);
  out.append(R"(,"session":")").append(to_text(answer.session));
  out.append(R"(","resumeToken":")").append(answer.resume_token).append(1, '"');
  if (answer.seq) {
    out.append(R"(,"seq":)");
    number(*answer.seq);
  }
  out += '}';
}

std::string render_halt(HaltReason reason, const TickAnswer& answer) {
  rapidjson::StringBuffer out;
  Json json(out);
  json.StartObject();
  text(json, "type", "error");
  text(json, "code", codec::to_text(reason));
  text(json, "message", words(reason));
  paid(json, answer);
  echo(json, answer.seq);
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

}  // namespace paytick::ingest
