#pragma once
// What the viewers of `paytick load --mix` do beside watching, and when. Pure: the same seed, the same deeds.
//
// Each viewer has a turn every kTurnUs on average. Whoever paused resumes soon, whoever called hangs up;
// otherwise chance decides. Times are microseconds after the start.

#include <cstdint>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "app/load/schedule.h"

namespace paytick::app::load {

// Joins come before the clock starts, from those who watch a stream that wants it.
enum class DeedKind : std::uint8_t { join, tip, ticket, call, hang_up, top_up, limit, pause, resume, look };
inline constexpr std::size_t kDeedKinds = 10;
std::string_view to_text(DeedKind kind);  // "hang up"
std::string_view to_name(DeedKind kind);  // "hangUp"

// The shares of the turns, in words.
std::string shares_of_turns();

// A request that changes something may be sent twice, under one key.
enum class Repeat : std::uint8_t { never, at_once, after_the_answer };

struct Deed {
  std::uint64_t due_us = 0;
  std::uint32_t viewer = 0;
  DeedKind kind = DeedKind::look;
  std::uint64_t number = 0;  // of this viewer's deeds, from 1: its idempotency key
  std::uint64_t value = 0;   // chance for the deed's own use: how much, which one
  Repeat repeat = Repeat::never;
  friend bool operator==(const Deed&, const Deed&) = default;
};

inline constexpr std::uint64_t kTurnUs = 60'000'000;
inline constexpr std::uint64_t kPauseUs = 5'000'000;           // on average
inline constexpr std::uint64_t kCallUs = 75'000'000;           // on average: two blocks, or three
inline constexpr std::uint32_t kRepeatedPerMillion = 100'000;  // one half at once, the other after the answer

class DeedSchedule {
 public:
  // `turn_us`: shorter than kTurnUs for a short run.
  DeedSchedule(std::uint32_t viewers, std::uint64_t seed, std::uint64_t turn_us = kTurnUs);

  // In the order of their times; without end.
  const Deed& next() const { return turns_.top().deed; }
  void pop();

 private:
  struct Viewer {
    Dice dice;
    std::uint64_t number = 0;
  };
  struct Turn {
    Deed deed;
    bool operator<(const Turn& other) const {  // the earliest on top
      return deed.due_us != other.deed.due_us ? deed.due_us > other.deed.due_us
                                              : deed.viewer > other.deed.viewer;
    }
  };
  // `kind`: nothing lets chance decide.
  void plan(std::uint32_t viewer, std::uint64_t due_us, std::optional<DeedKind> kind);
  // From half of the mean to one and a half.
  std::uint64_t some(std::uint32_t viewer, std::uint64_t mean_us);

  std::uint64_t turn_us_;
  std::vector<Viewer> viewers_;
  std::priority_queue<Turn> turns_;
};

}  // namespace paytick::app::load
