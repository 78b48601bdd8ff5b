#include <algorithm>

#include "aggregator/book.h"

namespace paytick::aggregator {

void Book::on(const Clock&) {
  wheel_.advance(now_, [&](std::uint32_t entry, std::uint32_t bucket) {
    if ((entry & kDepartedEntry) == 0) return wake(entry, bucket);
    const std::uint32_t i = entry & ~kDepartedEntry;
    if (departed_[i].until >= now_) {
      return wheel_.push(TimerWheel::bucket_of(wheel_.second_for(departed_[i].until + 1)), entry);
    }
    departed_index_.erase(hash_of(departed_[i].id), i);
    departed_[i] = {};
    departed_.release(i);
  });
  write_due();
}

// Ticks that have begun become due; who has been silent for long enough is closed.
void Book::wake(std::uint32_t i, std::uint32_t bucket) {
  Session& s = sessions_[i];
  if (s.unused || !s.armed || s.armed_bucket != bucket) return;  // armed anew since
  s.armed = 0;
  if (!s.closed) {
    if (const std::uint32_t n = ticks_of(i).make_due(now_); n != 0) {
      sums_[s.sum].due += offers_[s.offer].price * n;
      due_moved_.push_back(s.sum);
    }
    const auto last = static_cast<std::int64_t>(s.last);
    if (now_ - last >= idle_ms(s) && now_ >= ticks_of(i).ends()) close(i);
  }
  if (s.closed && now_ > wake_time(i)) return forget(i);
  arm(i);
}

std::int64_t Book::idle_ms(const Session& s) const {
  const Viewer& v = viewers_[s.viewer];
  return s.paused || v.paused || v.frozen ? kHeldIdleMs : kIdleMs;
}

// When the clock must look at it next: a tick begins, it is to be closed, or to be forgotten.
std::int64_t Book::wake_time(std::uint32_t i) {
  const Session& s = sessions_[i];
  if (s.closed) return static_cast<std::int64_t>(s.start) + offers_[s.offer].late_ms + kAheadMs;
  const TickSet ticks = ticks_of(i);
  const std::int64_t idle = std::max(static_cast<std::int64_t>(s.last) + idle_ms(s), ticks.ends());
  const auto pending = ticks.first_pending();
  return pending ? std::min(idle, ticks.begins(*pending)) : idle;
}

void Book::arm(std::uint32_t i) {
  Session& s = sessions_[i];
  const std::int64_t second = wheel_.second_for(wake_time(i));
  if (s.armed && wheel_.second_of(static_cast<std::uint32_t>(s.armed_bucket)) <= second) return;
  s.armed = 1;
  s.armed_bucket = TimerWheel::bucket_of(second) & (TimerWheel::kBuckets - 1);
  wheel_.push(TimerWheel::bucket_of(second), i);
}

}  // namespace paytick::aggregator
