#include <algorithm>
#include <cassert>

#include "aggregator/book.h"

namespace paytick::aggregator {

void Book::on(const Clock&) {
  constexpr std::size_t kAhead = 16;  // sessions, then their sums, are on their way before they are looked at
  const auto& entries = wheel_.advance(now_);
  for (std::size_t at = 0; at < entries.size(); ++at) {
    if (at + 2 * kAhead < entries.size()) warm_entry(entries[at + 2 * kAhead].first, false);
    if (at + kAhead < entries.size()) warm_entry(entries[at + kAhead].first, true);
    const auto [entry, bucket] = entries[at];
    if ((entry & kDepartedEntry) == 0) {
      wake(entry, bucket);
    } else {
      forget_departed(entry & ~kDepartedEntry);
    }
  }
  write_due();
}

void Book::warm_entry(std::uint32_t entry, bool sum) const {
  if ((entry & kDepartedEntry) != 0) return;
  if (!sum) return sessions_.prefetch(entry);
  if (!sessions_[entry].unused) sums_.prefetch(sessions_[entry].sum);
}

void Book::forget_departed(std::uint32_t i) {
  if (departed_[i].until >= now_) {
    return wheel_.push(TimerWheel::bucket_of(wheel_.second_for(departed_[i].until + 1)), i | kDepartedEntry);
  }
  departed_index_.erase(hash_of(departed_[i].id), i);
  departed_[i] = {};
  departed_.release(i);
}

// Ticks that have begun become due; who has been silent for long enough is closed.
void Book::wake(std::uint32_t i, std::uint32_t bucket) {
  Session& s = sessions_[i];
  if (s.unused || !s.armed || s.armed_bucket != bucket) return;  // armed anew since
  s.armed = 0;
  if (!s.closed) {
    if (const std::uint32_t n = ticks_of(i).make_due(now_); n != 0) {
      sums_[s.sum].due += offers_[s.offer].price * n;
      due_moved_.add(s.sum);
    }
    const std::int64_t idle = idle_time(i);
    if (now_ < idle) return arm(i, next_look(i, idle));
    close(i);
  }
  assert(s.closed);
  const std::int64_t until = wake_time(i);
  if (now_ > until) return forget(i);
  arm(i, until);
}

// When it is closed if nothing happens: never before its paid time ends. Whether its viewer is held is asked
// only when that decides, to leave the viewer's memory alone.
std::int64_t Book::idle_time(std::uint32_t i) {
  const Session& s = sessions_[i];
  if (s.call) return call_idle_time(i);
  const std::int64_t ends = ticks_of(i).ends();
  const std::int64_t soonest = std::max(static_cast<std::int64_t>(s.last) + kIdleMs, ends);
  if (soonest > now_) return soonest;
  const Viewer& v = viewers_[s.viewer];
  const bool held = s.paused || v.paused || v.frozen;
  return held ? std::max(static_cast<std::int64_t>(s.last) + kHeldIdleMs, ends) : soonest;
}

// When the clock must look at it next: a tick begins, it is to be closed, or to be forgotten.
std::int64_t Book::wake_time(std::uint32_t i) {
  const Session& s = sessions_[i];
  if (s.closed) return static_cast<std::int64_t>(s.start) + offers_[s.offer].late_ms + kAheadMs;
  return next_look(i, idle_time(i));
}

// Of a session that is not closed.
std::int64_t Book::next_look(std::uint32_t i, std::int64_t idle) {
  return std::min(idle, ticks_of(i).next_due());
}

void Book::arm(std::uint32_t i, std::int64_t at) {
  Session& s = sessions_[i];
  const std::int64_t second = wheel_.second_for(at);
  if (s.armed && wheel_.second_of(static_cast<std::uint32_t>(s.armed_bucket)) <= second) return;
  s.armed = 1;
  s.armed_bucket = TimerWheel::bucket_of(second) & (TimerWheel::kBuckets - 1);
  wheel_.push(TimerWheel::bucket_of(second), i);
}

}  // namespace paytick::aggregator
