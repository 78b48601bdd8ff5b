#pragma once
// The JSON object in the body of a small request, read as a flat list of members.
//
// Numbers keep their digits: money never goes through floating point (json_answer.h writes it so).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  Result<std::optional<bool>> flag(std::string_view name) const;
  // A list of texts.
  Result<std::optional<std::vector<std::string>>> texts(std::string_view name) const;
  Result<std::optional<std::int64_t>> integer(std::string_view name, std::int64_t min,
                                              std::int64_t max) const;
  // Whole units of the asset with at most seven decimals, as a number or as a text: 10, 0.5, "4.9900000".
  Result<std::optional<Amount>> amount(std::string_view name) const;

  // A text that must be there, and not empty: "missing_field" too.
  Result<std::string> required_text(std::string_view name, std::size_t bytes_max) const;

 private:
  // `texts` is a list of nothing else, `list` another one.
  enum class Kind : std::uint8_t { null, boolean, number, text, texts, list, object };
  struct Member {
    std::string name;
    Kind kind = Kind::null;
    std::string text;  // a number's digits, a text, "true"
    std::vector<std::string> items;
  };
  struct Reader;
  const Member* find(std::string_view name) const;

  std::vector<Member> members_;
};

// Error of a member that must be there: "missing_field".
tl::unexpected<Error> missing(std::string_view name);

}  // namespace paytick::ingest
