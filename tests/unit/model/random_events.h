#pragma once
// Random valid events of every type, made from the same lists of members as the codec reads and writes.

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "model/shapes_catalog.h"
#include "model/shapes_outputs.h"
#include "model/shapes_refusals.h"
#include "model/shapes_settlements.h"

namespace paytick::codec {

class RandomFiller {
 public:
  explicit RandomFiller(std::mt19937_64& random) : random_(random) {}

  template <Literal kText, typename T, typename Rule = ByType>
  void operator()(Name<kText>, T& out, Rule rule = {}) {
    fill(out, rule);
  }
  template <Literal kText, typename T, typename Rule = ByType>
  void optional(Name<kText>, T& out, Rule rule = {}, const T& = {}) {
    if (random_() % 2 == 0) fill(out, rule);
  }

  // Evenly over the number of digits, with the ends of the range now and then.
  std::int64_t between(std::int64_t min, std::int64_t max) {
    const std::uint64_t r = random_();
    if (r % 16 == 0) return min;
    if (r % 16 == 1) return max;
    std::int64_t number = static_cast<std::int64_t>(random_() >> (r >> 8) % 63 >> 1);
    if (min < 0 && r % 2 == 0) number = -number;
    if (number >= min && number <= max) return number;
    const std::uint64_t span = static_cast<std::uint64_t>(max) - static_cast<std::uint64_t>(min);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(min) + random_() % span);
  }

 private:
  void fill(bool& out, ByType) { out = random_() % 2 == 0; }
  template <Numeric T, typename Rule>
  void fill(T& out, Rule rule) {
    using Raw = decltype(raw_of(out));
    std::int64_t min = 0;
    std::int64_t max = std::numeric_limits<std::int64_t>::max();
    if constexpr (sizeof(Raw) < sizeof max) max = std::numeric_limits<Raw>::max();
    if constexpr (std::is_same_v<T, TimeMs>) max = kTimeMax.ms;
    if constexpr (std::is_same_v<Rule, Range>) {
      min = std::max<std::int64_t>(rule.min, std::numeric_limits<Raw>::min());
      max = std::min(rule.max, max);
    }
    out = T{static_cast<Raw>(between(min, max))};
    if constexpr (std::is_same_v<Raw, std::uint64_t>) {
      if (random_() % 16 == 0) out = T{random_() | 1ULL << 63};
    }
  }
  template <std::size_t N, typename Tag>
  void fill(Bytes<N, Tag>& out, ByType) {
    for (auto& byte : out.bytes) byte = static_cast<std::uint8_t>(random_());
  }
  template <Worded T>
  void fill(T& out, ByType) {
    out = static_cast<T>(random_() % Words<T>::kWords.size());
  }
  void fill(std::string& out, Text rule) {
    static constexpr std::string_view kPieces[] = {"a",  "Z",     "0",    " ",    "\"",   "\\", "/",
                                                   "\n", "\t",    "\x01", "\x1f", "\x7f", "é",  "€",
                                                   "😀",  "room-", "{",    "]",    ","};
    out.clear();
    const std::size_t wanted = rule.min + random_() % (std::min<std::size_t>(rule.max, 200) - rule.min + 1);
    while (out.size() < wanted) {
      const std::string_view piece = kPieces[random_() % std::size(kPieces)];
      out += out.size() + piece.size() <= rule.max ? piece : std::string_view("x");
    }
  }
  template <typename T>
  void fill(std::optional<T>& out, ByType rule) {
    fill(out.emplace(), rule);
  }
  void fill(Plan& out, ByType rule) {
    fill(out.id, rule);
    out.tick_ms = static_cast<std::int32_t>(between(kTickMsMin, kTickMsMax));
    const std::int64_t most =
        std::min<std::int64_t>(kTicksPerHeartbeatMax, std::numeric_limits<std::int32_t>::max() / out.tick_ms);
    out.heartbeat_ms = static_cast<std::int32_t>(out.tick_ms * between(1, most));
    out.price_per_tick = Amount(between(0, kPricePerTickMax));
    out.minimum_ticks = static_cast<std::int32_t>(between(0, kMinimumTicksMax));
    out.platform_bps = static_cast<std::uint16_t>(between(0, kPlatformBpsMax));
    fill(out.refund_unused, rule);
    if (out.minimum_ticks == 0 || random_() % 2 == 0) return;
    out.initial_ticks = static_cast<std::int32_t>(between(0, out.minimum_ticks));
    if (out.initial_ticks != 0) out.initial_price = Amount(between(0, kPricePerTickMax));
  }
  template <Shaped T>
  void fill(T& out, ByType) {
    Shape<T>::members(*this, out);
  }
  template <Shaped T>
  void fill(std::vector<T>& out, ByType rule) {
    out.resize(random_() % 5);
    for (T& value : out) fill(value, rule);
  }
  template <Numeric A, Numeric B>
  void fill(std::vector<std::pair<A, B>>& out, ByType rule) {
    out.resize(random_() % 5);
    for (auto& [a, b] : out) {
      fill(a, rule);
      fill(b, rule);
    }
  }

  std::mt19937_64& random_;
};

template <typename E>
E random_event(std::mt19937_64& random, const E*) {
  E event;
  RandomFiller filler(random);
  Shape<E>::members(filler, event);
  return event;
}

// Every alternative in turn: n is the number of the event.
template <typename... Events>
std::variant<Events...> random_event(std::mt19937_64& random, std::size_t n, const std::variant<Events...>*) {
  std::variant<Events...> out;
  std::size_t i = 0;
  ((i++ == n % sizeof...(Events)
        ? static_cast<void>(out = random_event(random, static_cast<const Events*>(nullptr)))
        : void()),
   ...);
  return out;
}

template <typename E>
E random_event(std::mt19937_64& random, std::size_t, const E* type) {
  return random_event(random, type);
}

}  // namespace paytick::codec
