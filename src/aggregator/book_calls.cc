#include <algorithm>

#include "aggregator/book.h"
#include "aggregator/errors.h"

namespace paytick::aggregator {
namespace {

constexpr std::uint32_t kBlocksAtOnce = 10;  // DESIGN.md §3, Calls

}  // namespace

void Book::on(const Metering& e) {
  const bool all = e.viewer.is_zero();
  if (!all && !belongs_here(e.viewer)) return refuse(e.reply, {}, code::kWrongPartition, "metering");
  if (e.at.ms > now_ + kAheadMs) return refuse(e.reply, {}, code::kAhead, "metering");
  if (!all) return meter_one(e);
  for (std::uint32_t i = first_call_; i != kNone; i = calls_[i].after) {
    const Session& s = sessions_[i];
    if (foreign(meter_of_session(s), s.viewer)) continue;
    const std::uint32_t ticks = s.ticks;
    const std::uint32_t halt = s.halt;
    meter_call(i, e.at.ms);
    if (s.ticks != ticks || s.halt != halt) hint(i);
  }
  answer(e.reply, {}, {});
}

void Book::meter_one(const Metering& e) {
  const std::uint32_t viewer = viewer_of(e.viewer);
  const std::uint32_t i = find_session(e.session);
  if (i == kNone || !sessions_[i].call || sessions_[i].viewer != viewer) {
    return refuse(e.reply, {viewer}, code::kUnknownSession, "metering");
  }
  const Session& s = sessions_[i];
  const Subject subject{viewer, meter_index_of(s), i};
  if (foreign(meter_of_session(s), viewer)) return refuse(e.reply, subject, code::kForeignMeter, "metering");
  const std::uint32_t ticks = s.ticks;
  const std::uint32_t halt = s.halt;
  if (!meter_call(i, e.at.ms)) return refuse(e.reply, subject, code::kOverflow, "metering");
  const bool news = s.ticks != ticks || s.halt != halt;
  if (news) hint(i);
  Outcome done;
  done.repeated = !news;
  if (s.halt != 0) done.refused = code::of(static_cast<HaltReason>(s.halt - 1));
  answer(e.reply, subject, done);
}

CallGrid Book::grid_of(const Session& s) const {
  return {static_cast<std::int64_t>(s.start), offers_[s.offer].tick_ms};
}

void Book::begin_call(std::uint32_t i) {
  sessions_[i].call = 1;
  calls_.add(i);
  append_call(i);
  hold_call(i);
}

// Behind the last one: calls are walked in the order of their opening.
void Book::append_call(std::uint32_t i) {
  calls_[i].before = last_call_;
  (last_call_ == kNone ? first_call_ : calls_[last_call_].after) = i;
  last_call_ = i;
}

void Book::forget_call(std::uint32_t i) {
  const Call& call = calls_[i];
  (call.before == kNone ? first_call_ : calls_[call.before].after) = call.after;
  (call.after == kNone ? last_call_ : calls_[call.after].before) = call.before;
  calls_.drop(i);
  sessions_[i].call = 0;
}

// After each change of what may hold it.
void Book::hold_call(std::uint32_t i) {
  const Session& s = sessions_[i];
  if (!s.call) return;
  const Viewer& v = viewers_[s.viewer];
  if (s.paused || v.paused || v.frozen) {
    calls_[i].hold(now_);
  } else {
    calls_[i].lift(grid_of(s), now_);
  }
}

// Blocks that begin at `at` or later are not bought any more.
void Book::end_call(std::uint32_t i, std::int64_t at) {
  Session& s = sessions_[i];
  if (!s.call || calls_[i].is_ended()) return;
  calls_[i].end(at);
  s.set_last(now_);
  arm(i);
}

std::int64_t Book::paid_until(std::uint32_t i) {
  const Session& s = sessions_[i];
  return s.call ? calls_[i].begins(grid_of(s), s.ticks) : ticks_of(i).ends();
}

// One that has begun waits a day for its metering.
std::int64_t Book::call_idle_time(std::uint32_t i) {
  const Session& s = sessions_[i];
  const bool running = s.ticks != 0 && !calls_[i].is_ended();
  return std::max(static_cast<std::int64_t>(s.last) + (running ? kHeldIdleMs : kIdleMs), paid_until(i));
}

// The heartbeat that comes with its open begins a call: it buys block 0 and what the plan's minimum says, or
// nothing begins, and another heartbeat may try again. Later ones are meterings.
bool Book::begin_or_meter_call(std::uint32_t i, std::int64_t at) {
  const Session& s = sessions_[i];
  if (s.ticks != 0) return meter_call(i, at);
  Call& call = calls_[i];
  const CallGrid grid = grid_of(s);
  if (s.halt != 0) call.begin_at(grid, at, now_);  // what was not paid was not begun
  std::uint32_t n = 0;
  while (n < kBlocksAtOnce && call.begins(grid, n) <= at) ++n;
  n = std::max({n, static_cast<std::uint32_t>(offers_[s.offer].minimum_ticks), 1U});
  return buy_blocks(i, n, held(s, viewers_[s.viewer]));
}

// Buys the blocks that have begun by `at`, at most ten. What began before a hold is owed; the hold itself has
// stopped the clock.
bool Book::meter_call(std::uint32_t i, std::int64_t at) {
  Session& s = sessions_[i];
  const Call& call = calls_[i];
  if (s.ticks == 0) return true;
  if (!call.is_ended()) s.set_last(now_);
  const CallGrid grid = grid_of(s);
  std::uint32_t n = 0;
  while (n < kBlocksAtOnce && call.has_begun(grid, s.ticks + n, at)) ++n;
  if (n == 0) return true;
  const std::uint32_t before = s.ticks;
  const bool fit = buy_blocks(i, n, stopped(s));
  if (s.ticks != before) s.set_last(now_);
  return fit;
}

// The next n blocks, one line each; false when sums would not fit.
bool Book::buy_blocks(std::uint32_t i, std::uint32_t n, std::optional<HaltReason> reason) {
  Session& s = sessions_[i];
  Viewer& v = viewers_[s.viewer];
  roll(v);
  const bool initial = s.ticks == 0 && offers_[s.offer].initial_ticks != 0;
  const Verdict verdict = judge(s, v, n, initial, reason);
  if (!fits(s, v, verdict.n, initial)) return false;
  for (std::uint32_t left = verdict.n; left != 0; --left) buy(i, {s.ticks, 1});
  calls_[i].forget_before(s.ticks);
  if (verdict.reason) {
    halt(i, *verdict.reason);
  } else {
    s.halt = 0;
  }
  arm(i);
  return true;
}

}  // namespace paytick::aggregator
