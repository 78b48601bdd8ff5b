#pragma once
// Private to the codec: how an event's JSON is written down once and used for writing and for reading.
//
// Shape<E> lists the members of E in order:
//
//   template <>
//   struct Shape<Stop> {
//     static constexpr auto kType = "stop"_m;
//     static void members(auto& f, auto& e) {
//       f("session"_m, e.session);             // always there
//       f.optional("reason"_m, e.reason);      // left out when it has its default
//     }
//   };
//
// `f` is one of MemberWriter, CanonicalReader and MemberReader. What a member may hold follows from its type
// and, where that is not enough, from a rule given as the third argument.

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

#include "model/ids.h"
#include "model/money.h"
#include "model/time.h"

namespace paytick::codec {

template <std::size_t N>
struct Literal {
  char text[N]{};
  consteval Literal(const char (&from)[N]) {  // NOLINT: implicit, so that a literal names a type
    for (std::size_t i = 0; i < N; ++i) text[i] = from[i];
  }
  constexpr std::string_view view() const { return {text, N - 1}; }
};

template <typename... Parts>
consteval auto joined(const Parts&... parts) {
  std::array<char, (... + (sizeof(Parts) - 1))> out{};
  std::size_t at = 0;
  const auto append = [&](const auto& part) {
    for (std::size_t i = 0; i + 1 < sizeof part; ++i) out[at++] = part[i];
  };
  (append(parts), ...);
  return out;
}

// A member's name or a type's word, with the bytes that go out for it prepared at compile time.
template <Literal kText>
struct Name {
  static constexpr std::string_view kName = kText.view();
  static constexpr auto kMember = joined(",\"", kText.text, "\":");                // ,"at":
  static constexpr auto kFirst = joined("{\"", kText.text, "\":");                 // {"at":
  static constexpr auto kHead = joined("{\"v\":1,\"type\":\"", kText.text, "\"");  // {"v":1,"type":"stop"
};

template <Literal kText>
consteval Name<kText> operator""_m() {
  return {};
}

template <typename E>
struct Shape;

// The words of an enumeration, in the order of its numbers.
template <typename E>
struct Words;

template <typename E>
concept Worded = requires {
  Words<E>::kWords;
};

template <typename E>
concept Shaped = requires {
  sizeof(Shape<E>);
};

template <Worded E>
constexpr bool assign_word(E& out, std::string_view word) {
  for (std::size_t i = 0; i < Words<E>::kWords.size(); ++i) {
    if (Words<E>::kWords[i] != word) continue;
    out = static_cast<E>(i);
    return true;
  }
  return false;
}

template <Worded E>
constexpr std::string_view word_of(E value) {
  const auto i = static_cast<std::size_t>(value);
  return i < Words<E>::kWords.size() ? Words<E>::kWords[i] : std::string_view();
}

template <typename Id>
constexpr std::size_t text_length() {
  if constexpr (std::is_same_v<Id, AccountId> || std::is_same_v<Id, ContractId>) {
    return kStrkeyText;
  } else if constexpr (std::is_same_v<Id, TxHash>) {
    return kTxHashText;
  } else {
    return Id::kSize == 16 ? kShortIdText : kLongIdText;
  }
}

// ---- Rules.

struct ByType {};  // nothing beyond what the type says
struct Range {
  std::int64_t min = 0;
  std::int64_t max = 0;
};
struct Text {
  std::size_t min = 0;
  std::size_t max = 0;  // bytes of UTF-8
};

inline constexpr Range kSigned{std::numeric_limits<std::int64_t>::min(),
                               std::numeric_limits<std::int64_t>::max()};
inline constexpr Range kBps{0, 10'000};

// ---- Numbers: integers, numbered enumerations, times and money, all of them JSON integers.

template <typename T>
concept Numeric = std::is_same_v<T, TimeMs> || std::is_same_v<T, Amount> ||
                  (std::is_integral_v<T> && !std::is_same_v<T, bool>) ||
                  (std::is_enum_v<T> && !Worded<T>);

template <Numeric T>
constexpr auto raw_of(T value) {
  if constexpr (std::is_same_v<T, TimeMs>) {
    return value.ms;
  } else if constexpr (std::is_same_v<T, Amount>) {
    return value.units();
  } else if constexpr (std::is_enum_v<T>) {
    return static_cast<std::underlying_type_t<T>>(value);
  } else {
    return value;
  }
}

// Takes `number` if T may hold it: what is not said otherwise is not negative.
template <Numeric T, typename Rule>
constexpr bool assign(T& out, std::int64_t number, Rule rule) {
  using Raw = decltype(raw_of(out));
  if constexpr (std::is_same_v<Rule, Range>) {
    if (number < rule.min || number > rule.max) return false;
  } else if constexpr (std::is_same_v<T, TimeMs>) {
    if (number < kTimeMin.ms || number > kTimeMax.ms) return false;
  } else if (number < 0) {
    return false;
  }
  if constexpr (sizeof(Raw) < sizeof number) {
    if (number < static_cast<std::int64_t>(std::numeric_limits<Raw>::min()) ||
        number > static_cast<std::int64_t>(std::numeric_limits<Raw>::max())) {
      return false;
    }
  }
  out = T{static_cast<Raw>(number)};
  return true;
}

// The same for what only an unsigned 64-bit number holds.
template <Numeric T, typename Rule>
constexpr bool assign_big(T& out, std::uint64_t number, Rule) {
  if constexpr (std::is_same_v<decltype(raw_of(out)), std::uint64_t> && std::is_same_v<Rule, ByType>) {
    out = T{number};
    return true;
  } else {
    return false;
  }
}

}  // namespace paytick::codec
