#include "push/notice_json.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "model/money.h"
#include "projections/notices.h"

namespace paytick::push {
namespace {

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

void put(Json& json, const char* key, std::string_view text) {
  json.Key(key);
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}
void put_text(Json& json, const char* key, const pqxx::field& field) {
  if (!field.is_null()) put(json, key, field.c_str());
}
void put_number(Json& json, const char* key, const pqxx::field& field) {
  if (field.is_null()) return;
  json.Key(key);
  json.Int64(field.as<std::int64_t>());
}
void put_money(Json& json, const char* key, const pqxx::field& field) {
  if (!field.is_null()) put(json, key, to_decimal(Amount(field.as<std::int64_t>())));
}
template <typename Id>
std::optional<Id> id_of(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  Id id;
  const std::string_view hex = field.c_str();
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i < Id::kSize && 2 * i + 1 < hex.size(); ++i)
    id.bytes[i] = static_cast<std::uint8_t>(digit(hex[2 * i]) * 16 + digit(hex[2 * i + 1]));
  return id.is_zero() ? std::nullopt : std::optional(id);
}
template <typename Id>
void put_id(Json& json, const char* key, const pqxx::field& field) {
  if (const auto id = id_of<Id>(field)) put(json, key, to_text(*id));
}

std::string text_of(const rapidjson::StringBuffer& buffer) { return {buffer.GetString(), buffer.GetSize()}; }

}  // namespace

Notice read_notice(const pqxx::row& row) {
  Notice notice;
  notice.seq = row["seq"].as<std::int64_t>();
  notice.id = row["id"].c_str();
  notice.type_number = row["type"].as<std::uint32_t>();
  notice.type = projections::to_text(static_cast<projections::NoticeType>(notice.type_number));
  notice.platform = id_of<PlatformId>(row["platform"]);
  if (!row["viewer"].is_null()) notice.viewer = row["viewer"].c_str();
  if (!row["creator"].is_null()) notice.creator = row["creator"].c_str();
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  json.StartObject();
  put(json, "id", notice.id);
  put(json, "type", notice.type);
  put_number(json, "at", row["at_ms"]);
  put_id<PlatformId>(json, "platform", row["platform"]);
  put_text(json, "viewer", row["viewer"]);
  put_text(json, "meter", row["meter"]);
  put_text(json, "creator", row["creator"]);
  put_id<ContentId>(json, "content", row["content"]);
  put_id<SessionId>(json, "session", row["session"]);
  put_text(json, "reference", row["reference"]);
  put_text(json, "reason", row["reason"]);
  put_money(json, "amount", row["amount"]);
  put_money(json, "fee", row["fee"]);
  put_money(json, "cumulative", row["total"]);
  put_money(json, "spendable", row["spendable"]);
  put_number(json, "secondsLeft", row["seconds_left"]);
  put_number(json, "paidUntil", row["paid_until_ms"]);
  put_number(json, "ticks", row["ticks"]);
  put_id<Proof>(json, "proof", row["proof"]);
  put_text(json, "message", row["message"]);
  put_text(json, "channel", row["channel"]);
  put_text(json, "transaction", row["tx_hash"]);
  put_number(json, "ledger", row["ledger"]);
  json.EndObject();
  notice.body = text_of(buffer);
  return notice;
}

Notice test_notice(const std::string& id, TimeMs now) {
  Notice notice;
  notice.id = id;
  notice.type = "test";
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  json.StartObject();
  put(json, "id", id);
  put(json, "type", notice.type);
  json.Key("at");
  json.Int64(now.ms);
  json.EndObject();
  notice.body = text_of(buffer);
  return notice;
}

}  // namespace paytick::push
