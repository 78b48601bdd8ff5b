#pragma once
// Which viewer's heartbeat is due when. Pure: time and seeds are arguments.
//
// Heartbeat n belongs to viewer n mod viewers and is due n / rate seconds after the start, so the viewers are
// spread evenly over their period and each keeps to it exactly when viewers / rate is whole milliseconds.

#include <cstdint>
#include <queue>
#include <vector>

#include "model/time.h"

namespace paytick::app::load {

struct Beat {
  std::uint32_t viewer = 0;
  std::uint64_t seq = 0;  // 1, 2, … of this viewer
  TimeMs at;
  friend bool operator==(const Beat&, const Beat&) = default;
};

class Schedule {
 public:
  // viewers, rate >= 1; rate in heartbeats a second.
  Schedule(std::uint32_t viewers, std::uint64_t rate, TimeMs start)
      : viewers_(viewers), rate_(rate), start_(start) {}

  Beat beat(std::uint64_t n) const {
    return {static_cast<std::uint32_t>(n % viewers_), n / viewers_ + 1,
            TimeMs{start_.ms + static_cast<std::int64_t>(n * 1'000 / rate_)}};
  }
  std::uint64_t due_us(std::uint64_t n) const { return n * 1'000'000 / rate_; }  // after the start
  // How many are due by then: beats 0 … result-1.
  std::uint64_t due_by(std::uint64_t elapsed_us) const { return elapsed_us * rate_ / 1'000'000 + 1; }

 private:
  std::uint32_t viewers_;
  std::uint64_t rate_;
  TimeMs start_;
};

// splitmix64: reproducible, and good enough to choose what is doubled.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t roll() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }
  bool hits(std::uint32_t per_million) { return per_million != 0 && roll() % 1'000'000 < per_million; }

 private:
  std::uint64_t state_;
};

// Doubles some heartbeats and holds some back for up to two rounds of all viewers, so that later ones of the
// same viewer pass them.
class Disorder {
 public:
  Disorder(std::uint32_t duplicates_per_million, std::uint32_t held_per_million, std::uint32_t viewers,
           std::uint64_t seed)
      : duplicates_(duplicates_per_million), held_back_(held_per_million), viewers_(viewers), dice_(seed) {}

  // What is sent at the turn of heartbeat n.
  void pass(std::uint64_t n, const Beat& beat, std::vector<Beat>& out) {
    if (dice_.hits(held_back_)) {
      held_.push({n + viewers_ + dice_.roll() % viewers_ + 1, beat});
    } else {
      out.push_back(beat);
    }
    if (dice_.hits(duplicates_)) out.push_back(beat);
    while (!held_.empty() && held_.top().until <= n) release(out);
  }
  // Everything still held back.
  void flush(std::vector<Beat>& out) {
    while (!held_.empty()) release(out);
  }

 private:
  struct Held {
    std::uint64_t until;
    Beat beat;
    bool operator<(const Held& other) const { return until > other.until; }  // the earliest on top
  };
  void release(std::vector<Beat>& out) {
    out.push_back(held_.top().beat);
    held_.pop();
  }

  std::uint32_t duplicates_, held_back_, viewers_;
  Dice dice_;
  std::priority_queue<Held> held_;
};

// Counts the distinct ticks that heartbeats of the schedule fall in (DESIGN.md §3), for plans whose heartbeat
// buys one tick and whose minimum is 0. Heartbeats of a viewer are counted in the order of their times.
class TickCount {
 public:
  TickCount(std::uint32_t viewers, std::int32_t tick_ms, std::int32_t jitter_ms, TimeMs opened)
      : last_(viewers, -1), tick_ms_(tick_ms), jitter_ms_(jitter_ms), opened_(opened) {}

  void count(const Beat& beat) {
    const std::int64_t tick = (beat.at.ms - opened_.ms + jitter_ms_) / tick_ms_;
    if (tick == last_[beat.viewer]) return;
    last_[beat.viewer] = tick;
    ++distinct_;
  }
  std::uint64_t distinct() const { return distinct_; }

 private:
  std::vector<std::int64_t> last_;
  std::int32_t tick_ms_, jitter_ms_;
  TimeMs opened_;
  std::uint64_t distinct_ = 0;
};

}  // namespace paytick::app::load
