#pragma once
// Private to the fold: days and months in UTC.

#include <chrono>
#include <cstdint>

#include "aggregator/records.h"

namespace paytick::aggregator {

inline std::uint32_t day_of_time(std::int64_t ms) { return static_cast<std::uint32_t>(ms / kDayMs); }

// Months since year 0, to compare.
inline std::uint32_t month_of_day(std::uint32_t day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  return static_cast<std::uint32_t>(static_cast<int>(date.year())) * 12 + static_cast<unsigned>(date.month());
}

}  // namespace paytick::aggregator
