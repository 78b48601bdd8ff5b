#pragma once
// One timer a lane instead of one a connection: each connection sits in the slot of a second at which its
// deadline is looked at. Moving a deadline is a store; it is found out when the slot comes round. Not
// thread-safe.

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace paytick::ingest::server {

class Timed {
 public:
  virtual ~Timed() = default;
  // The deadline has passed. Return false to leave the wheel for good.
  virtual bool on_deadline() = 0;
  std::int64_t deadline_s = 0;  // in the wheel's seconds
};

class TimerWheel {
 public:
  std::int64_t now_s() const { return now_s_; }

  void add(const std::shared_ptr<Timed>& timed) { place(timed, *timed); }

  // Once a second.
  void tick() {
    ++now_s_;
    auto due = std::move(slots_[index(now_s_)]);
    slots_[index(now_s_)].clear();
    for (const auto& entry : due) {
      const auto timed = entry.lock();
      if (!timed) continue;
      if (timed->deadline_s <= now_s_ && !timed->on_deadline()) continue;
      place(entry, *timed);
    }
  }

 private:
  // A deadline may be moved ahead of the slot that its connection sits in. It is found late, by this at most.
  static constexpr std::int64_t kSlots = 16;
  static std::size_t index(std::int64_t s) { return static_cast<std::size_t>(s % kSlots); }

  void place(const std::weak_ptr<Timed>& entry, const Timed& timed) {
    const std::int64_t at = std::clamp(timed.deadline_s, now_s_ + 1, now_s_ + kSlots - 1);
    slots_[index(at)].push_back(entry);
  }

  std::array<std::vector<std::weak_ptr<Timed>>, kSlots> slots_;
  std::int64_t now_s_ = 0;
};

}  // namespace paytick::ingest::server
