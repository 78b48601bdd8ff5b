#pragma once
// Times as drivers count them: never below 0.

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace paytick::app::load {

inline std::uint64_t microseconds(std::chrono::steady_clock::duration d) {
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::microseconds>(d).count(), 0));
}
inline std::uint64_t milliseconds_since(std::chrono::steady_clock::time_point begin) {
  return microseconds(std::chrono::steady_clock::now() - begin) / 1'000;
}

}  // namespace paytick::app::load
