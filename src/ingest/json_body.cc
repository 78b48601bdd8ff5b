#include "ingest/json_body.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "ingest/errors.h"
#include "model/json.h"

namespace paytick::ingest {

// The members of the top level and of one below; what is deeper is passed over.
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
    if (lists == 0 && depth <= 2) (depth == 1 ? outer : inner).assign(s, n);
    return true;
  }
  bool StartObject() { return (depth == 0 || value(Kind::object, {})) && enter(); }
  bool EndObject(rapidjson::SizeType) { return --depth, true; }
  bool StartArray() {
    if (!value(Kind::texts, {})) return false;
    return ++lists, enter();
  }
  bool EndArray(rapidjson::SizeType) { return --lists, --depth, true; }

  bool enter() {
    if (++depth <= json::kDepthMax) return true;
    return refuse(code::kTooDeep, "Nested too deeply.");
  }
  bool value(Kind kind, std::string_view text) {
    if (depth == 0) return refuse(code::kMalformedJson, "A JSON object was expected.");
    if (lists != 0) return item(kind, text);
    if (depth > 2) return true;
    Member member{depth == 1 ? outer : outer + "." + inner, kind, std::string(text), {}};
    const bool again = std::ranges::any_of(members, [&](const Member& m) { return m.name == member.name; });
    if (again) return refuse(code::kBadField, "The field " + member.name + " is there twice.");
    if (members.size() >= kCommandMembersMax) return refuse(code::kBadField, "There are too many fields.");
    members.push_back(std::move(member));
    return true;
  }
  // Within a list: of the last member, unless the list is deeper than members are read.
  bool item(Kind kind, std::string_view text) {
    Member& list = members.back();
    if (list.kind != Kind::texts || lists > 1) return true;
    if (kind != Kind::text) return list.kind = Kind::list, true;
    if (list.items.size() >= kCommandMembersMax) return refuse(code::kBadField, "There are too many items.");
    list.items.emplace_back(text);
    return true;
  }
  bool refuse(std::string_view code, std::string message) {
    error = Error{std::string(code), std::move(message)};
    return false;
  }

  std::vector<Member>& members;
  std::string outer, inner;
  std::size_t depth = 0, lists = 0;
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

Result<bool> Body::object(std::string_view name) const {
  const Member* const member = find(name);
  if (member == nullptr) return false;
  if (member->kind == Kind::object) return true;
  return fail(code::kBadField, "The field " + std::string(name) + " is an object.");
}

Result<std::optional<bool>> Body::flag(std::string_view name) const {
  const Member* const member = find(name);
  if (member == nullptr) return std::nullopt;
  if (member->kind == Kind::boolean) return member->text == "true";
  return fail(code::kBadField, "The field " + std::string(name) + " is true or false.");
}

Result<std::optional<std::vector<std::string>>> Body::texts(std::string_view name) const {
  const Member* const member = find(name);
  if (member == nullptr) return std::nullopt;
  if (member->kind == Kind::texts) return member->items;
  return fail(code::kBadField, "The field " + std::string(name) + " is a list of texts.");
}

Result<std::string> Body::required_text(std::string_view name, std::size_t bytes_max) const {
  auto found = text(name, bytes_max);
  if (!found) return tl::unexpected(std::move(found.error()));
  if (!*found || (*found)->empty()) return missing(name);
  return std::move(**found);
}

tl::unexpected<Error> missing(std::string_view name) {
  return fail(code::kMissingField, "The field " + std::string(name) + " is missing.");
}

}  // namespace paytick::ingest
