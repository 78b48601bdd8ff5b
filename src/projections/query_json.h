#pragma once
// How the queries of history write JSON: members from columns, and cursors. For their sources alone.

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <charconv>
#include <limits>
#include <optional>
#include <pqxx/pqxx>
#include <string>

#include "model/error.h"
#include "model/money.h"

namespace paytick::projections {

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

// Position of an item in the order of a list.
struct Cursor {
  std::int64_t at_ms = std::numeric_limits<std::int64_t>::max();
  std::string id = "ffffffff-ffff-ffff-ffff-ffffffffffff";
};

// "1732143434123.00112233445566778899aabbccddeeff".
inline std::optional<Cursor> parse_cursor(const std::string& text) {
  Cursor cursor;
  if (text.empty()) return cursor;
  const char* const end = text.data() + text.size();
  const auto [dot, error] = std::from_chars(text.data(), end, cursor.at_ms);
  if (error != std::errc{} || dot == end || *dot != '.') return std::nullopt;
  cursor.id.assign(dot + 1, end);
  if (cursor.id.size() != 32 || cursor.id.find_first_not_of("0123456789abcdef") != std::string::npos)
    return std::nullopt;
  return cursor;
}

inline void put(Json& json, const char* key, const std::string& text) {
  json.Key(key);
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}
inline void put_text(Json& json, const char* key, const pqxx::field& field) {
  if (!field.is_null()) put(json, key, field.c_str());
}
inline void put_number(Json& json, const char* key, const pqxx::field& field) {
  if (field.is_null()) return;
  json.Key(key);
  json.Int64(field.as<std::int64_t>());
}
inline void put_money(Json& json, const char* key, const pqxx::field& field) {
  if (!field.is_null()) put(json, key, to_decimal(Amount(field.as<std::int64_t>())));
}
// Where there are any words.
inline void put_words(Json& json, const char* key, const pqxx::field& field) {
  if (!field.is_null() && *field.c_str() != 0) put(json, key, field.c_str());
}

inline auto bad_cursor() { return fail("bad_cursor", "pass the cursor of the page before, as it was given"); }

}  // namespace paytick::projections
