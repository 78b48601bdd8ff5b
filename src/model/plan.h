#pragma once
// The rate plan (DESIGN.md §3): part of the content, frozen into a session when it opens.

#include <cstdint>

#include "model/error.h"
#include "model/ids.h"
#include "model/money.h"

namespace paytick {

struct Plan {
  PlanId id;                           // derive_plan_id of the fields below
  std::int32_t tick_ms = 10'000;       // length of a tick, 100 … 3,600,000
  Amount price_per_tick;               // 0 … 10^15 smallest units
  std::int32_t heartbeat_ms = 10'000;  // time that one heartbeat buys: tick_ms × 1 … 64
  std::int32_t minimum_ticks = 1;  // ticks 0 … n-1, bought with the first heartbeat, never given back; 0 … 64
  std::uint16_t platform_bps = 0;  // the platform's share in 1/10,000; 0 … 5,000
  bool refund_unused = true;       // whether a stop gives back ticks bought but not begun
  // The first `initial_ticks` ticks cost `initial_price` together, whatever the price of a tick: a first
  // minute that is paid as a whole, or, at a price of 0, free seconds. Tick 0 carries the price. 0 …
  // minimum_ticks.
  std::int32_t initial_ticks = 0;
  Amount initial_price = {};  // 0 … 10^15; 0 where there are no initial ticks

  friend bool operator==(const Plan&, const Plan&) = default;
};

// Ranges, so that no arithmetic on a valid plan can overflow and the window of remembered ticks holds a
// heartbeat's worth.
inline constexpr std::int32_t kTickMsMin = 100;
inline constexpr std::int32_t kTickMsMax = 3'600'000;
inline constexpr std::int64_t kPricePerTickMax = 1'000'000'000'000'000;
inline constexpr std::int32_t kTicksPerHeartbeatMax = 64;
inline constexpr std::int32_t kMinimumTicksMax = 64;
inline constexpr std::uint16_t kPlatformBpsMax = 5'000;  // equals the router's default cap

// The jitter allowance j: min(tick_ms/4, 1,000 ms), 0 where nothing is given back.
constexpr std::int32_t jitter_ms(const Plan& plan) {
  if (!plan.refund_unused) return 0;
  const std::int32_t quarter = plan.tick_ms / 4;
  return quarter < 1'000 ? quarter : 1'000;
}

// An error with code "invalid_plan" and the field's name in the message.
Result<void> validate(const Plan& plan);

// The price of tick k. Nothing is bought that it does not hold for.
constexpr Amount price_of(const Plan& plan, std::int64_t k) {
  if (k >= plan.initial_ticks) return plan.price_per_tick;
  return k == 0 ? plan.initial_price : Amount(0);
}

// BLAKE2b-128 of the fields in the order above, little-endian, the initial ones only where there are initial
// ticks; equal plans have equal ids.
PlanId derive_plan_id(const Plan& plan);

}  // namespace paytick
