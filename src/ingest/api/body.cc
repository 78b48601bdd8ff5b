#include "ingest/api/body.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "ingest/errors.h"
#include "model/json.h"

namespace paytick::ingest {

// What is on the top level and one below; what is in lists and deeper is passed over.
struct Body::Reader : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Reader> {
  explicit Reader(std::vector<Member>& out) : members(out) {}

  bool Null() { return value(Kind::null, {}); }
  bool Bool(bool b) { return value(Kind::boolean, b ? "true" : "false"); }
  bool RawNumber(const char* s, rapidjson::SizeType n, bool) { return value(Kind::number, {s, n}); }
  bool String(const char* s, rapidjson::SizeType n, bool) {
    if (!json::is_utf8({s, n}) || std::string_view(s, n).find('\0') != std::string_view::npos) {
      return refuse(code::kBadUtf8, "Text must be valid UTF-8 without zero bytes.");
    }
    return value(Kind::text, {s, n});
  }
  bool Key(const char* s, rapidjson::SizeType n, bool) {
    if (arrays == 0 && depth <= 2) (depth == 1 ? outer : inner).assign(s, n);
    return true;
  }
  bool StartObject() { return (depth == 0 || value(Kind::object, {})) && enter(); }
  bool EndObject(rapidjson::SizeType) { return --depth, true; }
  bool StartArray() {
    if (depth == 0) return refuse(code::kMalformedJson, "A JSON object was expected.");
    if (!value(Kind::list, {})) return false;
    return ++arrays, enter();
  }
  bool EndArray(rapidjson::SizeType) { return --arrays, --depth, true; }

  bool enter() {
    if (++depth <= codec_depth) return true;
    return refuse(code::kTooDeep, "Nested too deeply.");
  }
  bool value(Kind kind, std::string_view text) {
    if (depth == 0) return refuse(code::kMalformedJson, "A JSON object was expected.");
    if (arrays != 0 || depth > 2) return true;
    Member member{depth == 1 ? outer : outer + "." + inner, kind, std::string(text)};
    const bool again = std::ranges::any_of(members, [&](const Member& m) { return m.name == member.name; });
    if (again) return refuse(code::kBadField, "The field " + member.name + " is there twice.");
    if (members.size() >= kCommandMembersMax) return refuse(code::kBadField, "There are too many fields.");
    members.push_back(std::move(member));
    return true;
  }
  bool refuse(std::string_view code, std::string message) {
    error = Error{std::string(code), std::move(message)};
    return false;
  }

  static constexpr std::size_t codec_depth = json::kDepthMax;
  std::vector<Member>& members;
  std::string outer, inner;
  std::size_t depth = 0, arrays = 0;
  std::optional<Error> error;
};

Result<Body> Body::parse(std::string_view text) {
  if (text.size() > kCommandBytesMax) {
    return fail(code::kTooLarge, "The body may have " + std::to_string(kCommandBytesMax) + " bytes at most.");
  }
  Body body;
  if (text.find_first_not_of(" \t\r\n") == text.npos) return body;
  Reader handler(body.members_);
  rapidjson::MemoryStream bytes(text.data(), text.size());
  rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> in(bytes);
  rapidjson::Reader reader;
  constexpr unsigned kFlags = rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseValidateEncodingFlag;
  const rapidjson::ParseResult parsed = reader.Parse<kFlags>(in, handler);
  if (handler.error) return tl::unexpected(std::move(*handler.error));
  if (parsed.IsError()) {
    if (parsed.Code() == rapidjson::kParseErrorStringInvalidEncoding) {
      return fail(code::kBadUtf8, "Text must be valid UTF-8 without zero bytes.");
    }
    return fail(code::kMalformedJson,
                std::string("Not valid JSON: ") + rapidjson::GetParseError_En(parsed.Code()));
  }
  return body;
}

const Body::Member* Body::find(std::string_view name) const {
  const auto it = std::ranges::find(members_, name, &Member::name);
  return it == members_.end() || it->kind == Kind::null ? nullptr : &*it;
}

Result<std::optional<std::string>> Body::text(std::string_view name, std::size_t bytes_max) const {
  const Member* const member = find(name);
  if (member == nullptr) return std::nullopt;
  if (member->kind != Kind::text || member->text.size() > bytes_max) {
    return fail(code::kBadField, "The field " + std::string(name) + " is a text of " +
                                     std::to_string(bytes_max) + " bytes at most.");
  }
  return member->text;
}

Result<std::optional<std::int64_t>> Body::integer(std::string_view name, std::int64_t min,
                                                  std::int64_t max) const {
  const Member* const member = find(name);
  if (member == nullptr) return std::nullopt;
  std::int64_t value = 0;
  const char* const end = member->text.data() + member->text.size();
  const auto read = std::from_chars(member->text.data(), end, value);
  if (member->kind != Kind::number || read.ec != std::errc{} || read.ptr != end || value < min ||
      value > max) {
    return fail(code::kBadField, "The field " + std::string(name) + " is a whole number from " +
                                     std::to_string(min) + " to " + std::to_string(max) + ".");
  }
  return value;
}

Result<std::optional<bool>> Body::flag(std::string_view name) const {
  const Member* const member = find(name);
  if (member == nullptr) return std::nullopt;
  if (member->kind != Kind::boolean)
    return fail(code::kBadField, "The field " + std::string(name) + " is true or false.");
  return member->text == "true";
}

Result<bool> Body::object(std::string_view name) const {
  const Member* const member = find(name);
  if (member == nullptr) return false;
  if (member->kind == Kind::object) return true;
  return fail(code::kBadField, "The field " + std::string(name) + " is an object.");
}

Result<std::optional<Amount>> Body::amount(std::string_view name) const {
  const Member* const member = find(name);
  if (member == nullptr) return std::nullopt;
  const bool can_be = member->kind == Kind::number || member->kind == Kind::text;
  const auto value = can_be ? from_decimal(member->text) : std::nullopt;
  if (!value || *value < Amount{}) {
    return fail(code::kBadField, "The field " + std::string(name) +
                                     " is an amount of whole units, 0 or more, with at most seven decimals.");
  }
  return value;
}

tl::unexpected<Error> missing(std::string_view name) {
  return fail(code::kMissingField, "The field " + std::string(name) + " is missing.");
}

void JsonAnswer::key(std::string_view name) {
  json_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
}

JsonAnswer& JsonAnswer::text(std::string_view name, std::string_view value) {
  key(name);
  json_.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  return *this;
}

JsonAnswer& JsonAnswer::boolean(std::string_view name, bool value) {
  key(name);
  json_.Bool(value);
  return *this;
}

JsonAnswer& JsonAnswer::integer(std::string_view name, std::int64_t value) {
  key(name);
  json_.Int64(value);
  return *this;
}

JsonAnswer& JsonAnswer::number(std::string_view name, Amount value) {
  key(name);
  const std::string digits = to_decimal(value);
  json_.RawValue(digits.data(), digits.size(), rapidjson::kNumberType);
  return *this;
}

JsonAnswer& JsonAnswer::decimal(std::string_view name, Amount value) { return text(name, to_decimal(value)); }

JsonAnswer& JsonAnswer::null(std::string_view name) {
  key(name);
  json_.Null();
  return *this;
}

JsonAnswer& JsonAnswer::integers(std::string_view name, std::span<const std::int64_t> values) {
  key(name);
  json_.StartArray();
  for (const std::int64_t value : values) json_.Int64(value);
  json_.EndArray();
  return *this;
}

JsonAnswer& JsonAnswer::begin(std::string_view name) {
  key(name);
  json_.StartObject();
  return *this;
}

JsonAnswer& JsonAnswer::end() {
  json_.EndObject();
  return *this;
}

std::string JsonAnswer::take() {
  json_.EndObject();
  return {out_.GetString(), out_.GetSize()};
}

HttpResponse JsonAnswer::response(unsigned status) {
  HttpResponse response;
  response.status = status;
  response.body = take();
  return response;
}

HttpResponse error_response(const Error& error) {
  HttpResponse response;
  response.status = http_status(error.code);
  response.body = render_http_error(error);
  if (response.status == 503 || response.status == 507 || response.status == 429) response.retry_after_s = 1;
  return response;
}

}  // namespace paytick::ingest
