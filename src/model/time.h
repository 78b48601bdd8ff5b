#pragma once
// Time is an input: milliseconds since the Unix epoch, UTC. Pure parts receive it, they never ask for it.

#include <compare>
#include <cstdint>

namespace paytick {

struct TimeMs {
  std::int64_t ms = 0;
  friend constexpr auto operator<=>(const TimeMs&, const TimeMs&) = default;
};

constexpr TimeMs operator+(TimeMs t, std::int64_t ms) { return TimeMs{t.ms + ms}; }
constexpr TimeMs operator-(TimeMs t, std::int64_t ms) { return TimeMs{t.ms - ms}; }
constexpr std::int64_t operator-(TimeMs a, TimeMs b) { return a.ms - b.ms; }

// Times outside this range are refused as malformed, so that time arithmetic cannot overflow:
// from the epoch to the year 2286.
inline constexpr TimeMs kTimeMin{0};
inline constexpr TimeMs kTimeMax{9'999'999'999'999};

}  // namespace paytick
