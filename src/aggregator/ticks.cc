#include "aggregator/ticks.h"

#include <algorithm>
#include <bit>

namespace paytick::aggregator {
const TickRun* TickSet::run_of(std::uint32_t k) const {
  const Extra* extra = extras_.find(index_, s_);
  if (extra == nullptr) return nullptr;
  const auto after = std::upper_bound(extra->runs.begin(), extra->runs.end(), k,
                                      [](std::uint32_t tick, const TickRun& run) { return tick < run.from; });
  if (after == extra->runs.begin()) return nullptr;
  const TickRun& run = *(after - 1);
  return k < run.to ? &run : nullptr;
}

bool TickSet::is_bought_in_general(std::uint32_t k) const {
  if (k >= s_.base) {
    const std::uint32_t i = k - s_.base;
    return i < kWindow && ((extras_.window(s_).bought >> i) & 1) != 0;
  }
  const TickRun* run = run_of(k);
  return run == nullptr || run->pending != 0;
}

bool TickSet::is_pending(std::uint32_t k) const {
  if (k >= s_.base) return k - s_.base < kWindow && ((pending_word() >> (k - s_.base)) & 1) != 0;
  const TickRun* run = run_of(k);
  return run != nullptr && run->pending != 0;
}

bool TickSet::is_forgotten(std::uint32_t k) const {
  const Extra* extra = extras_.find(index_, s_);
  return extra != nullptr && k < extra->floor;
}

void TickSet::buy(Run run, bool due, std::int64_t now, std::uint32_t day) {
  if (!due && s_.day != day) note_day(day);
  s_.ticks += run.n;
  if (append_regular(run, due)) return;
  if (run.n != 0 && run.k < s_.base) {
    Extra& extra = extras_.get(index_, s_);
    for (; run.n != 0 && run.k < s_.base; ++run.k, --run.n)
      set(extra.runs, run.k, due ? State::due : State::pending);
    prune(extra, now);  // what is bought in the middle of a gap makes two of it
    extras_.settle(index_, s_);
  }
  if (run.n == 0) return;
  Window w = extras_.window(s_);
  while (run.n != 0) {
    const Run part{run.k, std::min(run.n, kWindow)};
    if (part.k + part.n > s_.base + kWindow) slide(w, part.k + part.n - kWindow, now);
    const std::uint64_t bits = low_bits(part.n) << (part.k - s_.base);
    w.bought |= bits;
    if (due) w.due |= bits;
    run = {part.k + part.n, run.n - part.n};
  }
  extras_.set_window(s_, w);
}

// What nearly every heartbeat does: goes on where the last one ended, in a session without gaps.
bool TickSet::append_regular(Run run, bool due) {
  if (s_.ragged || s_.has_extra) return false;
  std::uint32_t bought = s_.bought_n();
  std::uint32_t settled = s_.due_n();
  if (run.k != s_.base + bought || run.n > kWindow || (due && settled != bought)) return false;
  const std::uint32_t by = bought + run.n > kWindow ? bought + run.n - kWindow : 0;
  if (by > settled) return false;
  bought += run.n - by;
  settled += (due ? run.n : 0) - by;
  s_.base += by;
  s_.set_window(bought, settled);
  return true;
}

// Ticks that leave the window and are not due are written down as runs.
void TickSet::slide(Window& w, std::uint32_t base, std::int64_t now) {
  const std::uint32_t by = base - s_.base;
  const std::uint32_t leaving = std::min(by, kWindow);
  const bool regular = by <= kWindow && (w.bought & w.due & low_bits(by)) == low_bits(by);
  if (!regular) {
    Extra& extra = extras_.get(index_, s_);
    for (std::uint32_t i = 0; i < leaving; ++i) {
      const bool bought = ((w.bought >> i) & 1) != 0;
      const bool due = ((w.due >> i) & 1) != 0;
      if (!due) append(extra.runs, s_.base + i, s_.base + i + 1, bought);
    }
    if (by > kWindow) append(extra.runs, s_.base + kWindow, base, false);
  }
  w.bought = by < 64 ? w.bought >> by : 0;
  w.due = by < 64 ? w.due >> by : 0;
  s_.base = base;
  if (Extra* extra = extras_.find(index_, s_)) {
    prune(*extra, now);
    extras_.settle(index_, s_);
  }
}

// Forgets unbought ticks that no heartbeat can name any more, and the oldest ones above the bound.
void TickSet::prune(Extra& extra, std::int64_t now) {
  const std::int64_t reach = now - offer_.late_ms - static_cast<std::int64_t>(s_.start) + offer_.jitter_ms;
  if (reach > 0) {
    const std::int64_t first = reach / offer_.tick_ms;
    std::erase_if(extra.runs, [&](const TickRun& run) { return run.pending == 0 && run.to <= first; });
  }
  if (extra.runs.size() <= kRunsMax) return;
  // Pending runs do not count: they end with the next clock.
  const auto is_gap = [](const TickRun& run) { return run.pending == 0; };
  const auto gaps = static_cast<std::size_t>(std::count_if(extra.runs.begin(), extra.runs.end(), is_gap));
  std::size_t above = gaps - std::min(gaps, kRunsMax);
  std::erase_if(extra.runs, [&](const TickRun& run) {
    if (above == 0 || !is_gap(run)) return false;
    --above;
    extra.floor = std::max(extra.floor, run.to);
    return true;
  });
}

void TickSet::append(std::vector<TickRun>& runs, std::uint32_t from, std::uint32_t to, bool pending) {
  if (!runs.empty() && runs.back().to == from && (runs.back().pending != 0) == pending) {
    runs.back().to = to;
  } else {
    runs.push_back({from, to, pending ? 1U : 0U});
  }
}

void TickSet::set(std::vector<TickRun>& runs, std::uint32_t k, State state) {
  std::vector<TickRun> out;
  out.reserve(runs.size() + 2);
  bool placed = state == State::due;
  const auto place = [&] {
    append(out, k, k + 1, state == State::pending);
    placed = true;
  };
  for (const TickRun& run : runs) {
    if (!placed && run.from > k) place();
    if (k < run.from || k >= run.to) {
      append(out, run.from, run.to, run.pending != 0);
      continue;
    }
    if (run.from < k) append(out, run.from, k, run.pending != 0);
    if (!placed) place();
    if (k + 1 < run.to) append(out, k + 1, run.to, run.pending != 0);
  }
  if (!placed) place();
  runs = std::move(out);
}

std::vector<Run> TickSet::pending_after(std::int64_t at) const {
  std::vector<Run> out;
  const std::int64_t since = at - static_cast<std::int64_t>(s_.start);
  const std::int64_t first = since < 0 ? 0 : since / offer_.tick_ms + 1;
  const auto add = [&](std::uint32_t from, std::uint32_t to) {
    if (to <= first) return;
    from = static_cast<std::uint32_t>(std::max<std::int64_t>(from, first));
    if (!out.empty() && out.back().k + out.back().n == from) {
      out.back().n += to - from;
    } else {
      out.push_back({from, to - from});
    }
  };
  if (const Extra* extra = extras_.find(index_, s_)) {
    for (const TickRun& run : extra->runs) {
      if (run.pending != 0) add(run.from, run.to);
    }
  }
  for (std::uint64_t word = pending_word(); word != 0; word &= word - 1) {
    const auto k = s_.base + static_cast<std::uint32_t>(std::countr_zero(word));
    add(k, k + 1);
  }
  return out;
}

void TickSet::take_back(Run run) {
  Window w = extras_.window(s_);
  for (std::uint32_t k = run.k; k < run.k + run.n; ++k) {
    if (k >= s_.base) {
      w.bought &= ~(1ULL << (k - s_.base));
    } else {
      set(extras_.get(index_, s_).runs, k, State::unbought);
    }
  }
  s_.ticks -= run.n;
  extras_.set_window(s_, w);
  forget_marks();
}

std::uint32_t TickSet::make_due_below(std::int64_t begun) {
  std::uint32_t n = 0;
  if (begun > s_.base && !s_.ragged) {
    const auto to = static_cast<std::uint32_t>(std::min<std::int64_t>(begun - s_.base, s_.bought_n()));
    if (to > s_.due_n()) {
      n = to - s_.due_n();
      s_.set_window(s_.bought_n(), to);
    }
  } else if (begun > s_.base) {
    Window w = extras_.window(s_);
    const std::uint64_t word = w.bought & ~w.due & low_bits(static_cast<std::uint64_t>(begun - s_.base));
    if (word != 0) {
      w.due |= word;
      n = static_cast<std::uint32_t>(std::popcount(word));
      extras_.set_window(s_, w);
    }
  }
  Extra* extra = extras_.find_unsettled(index_, s_);
  if (extra == nullptr) return n;
  for (TickRun& run : extra->runs) {
    if (run.pending == 0 || run.from >= begun) continue;
    const auto to = static_cast<std::uint32_t>(std::min<std::int64_t>(run.to, begun));
    n += to - run.from;
    run.from = to;
  }
  std::erase_if(extra->runs, [](const TickRun& run) { return run.from == run.to; });
  forget_marks();
  return n;
}

// Pending ticks bought on the day before keep it as a mark.
void TickSet::note_day(std::uint32_t day) {
  const std::vector<Run> pending = pending_after(-1);
  if (!pending.empty()) {
    Extra& extra = extras_.get(index_, s_);
    std::vector<DayMark> marks;
    for (const Run& run : pending) {
      for (std::uint32_t k = run.k; k < run.k + run.n; ++k) marks.push_back({k, day_of(k)});
    }
    extra.older = std::move(marks);
    extras_.settle(index_, s_);
  }
  s_.set_day(day);
}

std::uint32_t TickSet::day_of(std::uint32_t k) const {
  if (const Extra* extra = extras_.find(index_, s_)) {
    for (const DayMark& mark : extra->older) {
      if (mark.tick == k) return mark.day;
    }
  }
  return static_cast<std::uint32_t>(s_.day);
}

void TickSet::forget_marks() {
  Extra* extra = extras_.find(index_, s_);
  if (extra == nullptr) return;
  std::erase_if(extra->older, [&](const DayMark& mark) { return !is_pending(mark.tick); });
  extras_.settle(index_, s_);
}

std::int64_t TickSet::ends_in_general() const {
  if (s_.ticks == 0) return static_cast<std::int64_t>(s_.start);
  if (s_.ragged) {
    const auto width = static_cast<std::uint32_t>(std::bit_width(extras_.window(s_).bought));
    return begins(std::int64_t{s_.base} + width);
  }
  std::uint32_t end = s_.base;
  if (const Extra* extra = extras_.find(index_, s_)) {
    for (auto run = extra->runs.rbegin(); run != extra->runs.rend(); ++run) {
      if (run->to != end || run->pending != 0) break;
      end = run->from;
    }
  }
  return begins(end);
}

std::int64_t TickSet::next_due_in_general() const {
  if (const Extra* extra = extras_.find_unsettled(index_, s_)) {
    for (const TickRun& run : extra->runs) {
      if (run.pending != 0) return begins(run.from);
    }
  }
  const std::uint64_t word = pending_word();
  return word == 0 ? kNever : begins(std::int64_t{s_.base} + std::countr_zero(word));
}

}  // namespace paytick::aggregator
