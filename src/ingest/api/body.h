#pragma once
// Small JSON bodies of commands: read as a flat list of members, written with exact numbers.
//
// Numbers keep their digits: money never goes through floating point, on the way in or out.

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/http_routes.h"
#include "model/error.h"
#include "model/money.h"

namespace paytick::ingest {

inline constexpr std::size_t kCommandBytesMax = 8 * 1024;
inline constexpr std::size_t kCommandMembersMax = 64;

// The members of an object and of the objects directly in it ("context.streamId"). An empty body is {}.
class Body {
 public:
  // Codes: "too_large", "malformed_json", "bad_utf8", "bad_field" (a member twice, or too many).
  static Result<Body> parse(std::string_view text);

  bool has(std::string_view name) const { return find(name) != nullptr; }
  // Whether there is an object of this name; "bad_field" when it is something else.
  Result<bool> object(std::string_view name) const;

  // Each: the member's value, or nothing where it is absent or null; "bad_field" when it is of another type
  // or outside the bounds.
  Result<std::optional<std::string>> text(std::string_view name, std::size_t bytes_max) const;
  Result<std::optional<std::int64_t>> integer(std::string_view name, std::int64_t min,
                                              std::int64_t max) const;
  Result<std::optional<bool>> flag(std::string_view name) const;
  // Whole units of the asset with at most seven decimals, as a number or as a text: 10, 0.5, "4.9900000".
  Result<std::optional<Amount>> amount(std::string_view name) const;

 private:
  enum class Kind : std::uint8_t { null, boolean, number, text, object, list };
  struct Member {
    std::string name;
    Kind kind = Kind::null;
    std::string text;  // a number's digits, a text, "true"; of a list or an object nothing
  };
  struct Reader;
  const Member* find(std::string_view name) const;

  std::vector<Member> members_;
};

// Error of a member that must be there: "missing_field".
tl::unexpected<Error> missing(std::string_view name);

// An answer's object. Members in the order they are added.
class JsonAnswer {
 public:
  JsonAnswer() { json_.StartObject(); }
  JsonAnswer& text(std::string_view key, std::string_view value);
  JsonAnswer& boolean(std::string_view key, bool value);
  JsonAnswer& integer(std::string_view key, std::int64_t value);
  // A JSON number of whole units: 4.9900000. Clients call toFixed on it.
  JsonAnswer& number(std::string_view key, Amount value);
  // A text: "4.9900000".
  JsonAnswer& decimal(std::string_view key, Amount value);
  JsonAnswer& null(std::string_view key);
  JsonAnswer& integers(std::string_view key, std::span<const std::int64_t> values);
  JsonAnswer& begin(std::string_view key);  // an object within
  JsonAnswer& end();
  // Closes it; once, last.
  HttpResponse response(unsigned status = 200);
  std::string take();

 private:
  void key(std::string_view name);
  rapidjson::StringBuffer out_;
  rapidjson::Writer<rapidjson::StringBuffer> json_{out_};
};

// {"error":{…}} with the status of the code, and Retry-After where a retry may help.
HttpResponse error_response(const Error& error);

}  // namespace paytick::ingest
