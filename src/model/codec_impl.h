#pragma once
// Private to the codec: lines of one type, and of one of several types.

#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "model/codec.h"
#include "model/member_reader.h"
#include "model/member_writer.h"

namespace paytick::codec {

inline Result<void> check_version(json::Value line) {
  if (!line.is_object()) return fail("malformed_json", "a line must be one JSON object");
  const auto v = line.member("v");
  if (!v) return fail("missing_field", "the member v is missing");
  const auto version = v.value().integer();
  if (v.repeated || !version || *version < 1) return fail("bad_field", "the member v must be a version");
  if (*version > kVersion) {
    return fail("unknown_version",
                "version " + std::to_string(*version) + " is newer than this paytick reads");
  }
  return {};
}

inline Result<std::string_view> type_of(json::Value line) {
  const auto type = line.member("type");
  if (!type) return fail("missing_field", "the member type is missing");
  const auto word = type.value().string();
  if (type.repeated || !word) return fail("bad_field", "the member type must be a word");
  return *word;
}

template <typename E>
Result<void> read_members(json::Value line, E& event) {
  MemberReader reader(line);
  Shape<E>::members(reader, event);
  if (!reader.error().code.empty()) return tl::unexpected<Error>(reader.error());
  return {};
}

inline Result<void> unknown_type(std::string_view type) {
  const std::string shown =
      type.size() <= 64 && json::is_utf8(type) ? "'" + std::string(type) + "'" : "that is given";
  return fail("unknown_type", "no line of this kind has the type " + shown);
}

// How a line's type decides what is read: Target is a variant of events, or one event.
template <typename Target>
struct Alternatives {
  static bool read_canonical(MutableLine line, Target& out) {
    CanonicalReader reader(line.data, line.size);
    return reader.template head<Target>() && reader.members(out = Target());
  }
  static Result<void> read(json::Value line, std::string_view type, Target& out) {
    if (type != decltype(Shape<Target>::kType)::kName) return unknown_type(type);
    out = Target();
    return read_members(line, out);
  }
};

template <typename... Events>
struct Alternatives<std::variant<Events...>> {
  using Target = std::variant<Events...>;

  static bool read_canonical(MutableLine line, Target& out) {
    bool good = false;
    const auto try_one = [&]<typename E>(std::type_identity<E>) {
      CanonicalReader reader(line.data, line.size);
      if (!reader.template head<E>()) return false;
      good = reader.members(fresh<E>(out));
      return true;
    };
    static_cast<void>((try_one(std::type_identity<Events>()) || ...));
    return good;
  }
  // Most lines are of the type of the one before.
  template <typename E>
  static E& fresh(Target& out) {
    if (E* same = std::get_if<E>(&out)) return *same = E();
    return out.template emplace<E>();
  }
  static Result<void> read(json::Value line, std::string_view type, Target& out) {
    Result<void> result;
    const auto try_one = [&]<typename E>(std::type_identity<E>) {
      if (type != decltype(Shape<E>::kType)::kName) return false;
      result = read_members(line, out.template emplace<E>());
      return true;
    };
    if (!(try_one(std::type_identity<Events>()) || ...)) return unknown_type(type);
    return result;
  }
};

// Without the canonical reader; tests hold the two against each other.
template <typename Target>
Result<Target> parse_any(MutableLine line) {
  json::Document document;
  const auto value = document.parse(line.data, line.size);
  if (!value) return tl::unexpected<Error>(value.error());
  if (auto good = check_version(*value); !good) return tl::unexpected<Error>(std::move(good.error()));
  const auto type = type_of(*value);
  if (!type) return tl::unexpected<Error>(type.error());
  Result<Target> result;
  if (auto good = Alternatives<Target>::read(*value, *type, *result); !good) {
    result = tl::unexpected<Error>(std::move(good.error()));
  }
  return result;
}

template <typename Target>
void parse(MutableLine line, Result<Target>& out) {
  if (!out) out = Target();
  if (!Alternatives<Target>::read_canonical(line, *out)) out = parse_any<Target>(line);
}

template <typename Target>
Result<Target> parse(MutableLine line) {
  Result<Target> result;
  parse(line, result);
  return result;
}

template <typename E>
void write_line(const E& event, std::string& out) {
  MemberWriter(out).line(event);
}

template <typename... Events>
void write_variant(const std::variant<Events...>& event, std::string& out) {
  std::visit([&](const auto& e) { write_line(e, out); }, event);
}

}  // namespace paytick::codec
