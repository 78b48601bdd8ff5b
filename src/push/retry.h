#pragma once
// What follows from an attempt to deliver: the life of a delivery, and when an endpoint is left alone. Pure:
// time and chance are arguments.
//
//   waiting ──2xx──▶ delivered
//      ▲  └──410, or the last attempt──▶ dead   (a dead letter: an operator may send it again)
//      └── anything else, after a growing time

#include <algorithm>
#include <cstdint>
#include <optional>

#include "model/time.h"

namespace paytick::push {

struct RetryPolicy {
  std::int64_t first_ms = 5'000;     // before the second attempt; three times as long before each one after
  std::int64_t max_ms = 21'600'000;  // the longest between two
  std::int32_t attempts_max = 14;    // about a day and a half with the values above
};

// How an attempt ended.
struct Attempt {
  unsigned status = 0;  // of the answer; 0: there was none
  constexpr bool ok() const { return status >= 200 && status < 300; }
  // The receiver wants nothing more of it, ever.
  constexpr bool gone() const { return status == 410; }
  // The endpoint is not well, whatever it is sent: nothing else would fare better now. A 4xx concerns this
  // one.
  constexpr bool endpoint_down() const { return status == 0 || status == 429 || status >= 500; }
};

enum class DeliveryState : std::int16_t { waiting = 0, delivered = 1, dead = 2 };  // stored

struct NextStep {
  DeliveryState state = DeliveryState::waiting;
  TimeMs at;  // when to try again, if it waits
  friend bool operator==(const NextStep&, const NextStep&) = default;
};

// The time before attempt `attempts` + 1, spread by a fifth either way so that what failed together does not
// come back together. `chance` is any random number.
constexpr std::int64_t backoff_ms(const RetryPolicy& policy, std::int32_t attempts, std::uint32_t chance) {
  std::int64_t wait = std::min(policy.first_ms, policy.max_ms);
  for (std::int32_t i = 1; i < attempts && wait < policy.max_ms; ++i)
    wait = std::min(wait * 3, policy.max_ms);
  return wait / 100 * (80 + static_cast<std::int64_t>(chance % 41)) +
         wait % 100;  // the rest, for waits of a few milliseconds
}

// `attempts` counts this one.
constexpr NextStep after(const RetryPolicy& policy, std::int32_t attempts, const Attempt& attempt, TimeMs now,
                         std::uint32_t chance) {
  if (attempt.ok()) return {DeliveryState::delivered, now};
  if (attempt.gone() || attempts >= policy.attempts_max) return {DeliveryState::dead, now};
  return {DeliveryState::waiting, {now.ms + backoff_ms(policy, attempts, chance)}};
}

// Leaves an endpoint alone for a while after attempts that say that it is down, so that what waits for it
// does not hold up what waits for others, and it is not met by a flood when it comes back. One process, one
// thread.
class EndpointRest {
 public:
  static constexpr std::int64_t kFirstMs = 500;
  static constexpr std::int64_t kMaxMs = 60'000;

  bool may_send(TimeMs now) const { return now >= until_; }
  void note(const Attempt& attempt, TimeMs now) {
    if (!attempt.endpoint_down()) {
      failures_ = 0;
      until_ = {};
      return;
    }
    const std::int64_t rest = std::min(kMaxMs, kFirstMs << std::min(failures_, 10));
    ++failures_;
    until_ = {now.ms + rest};
  }

 private:
  int failures_ = 0;  // in a row
  TimeMs until_;
};

}  // namespace paytick::push
