#pragma once
// Private to the fold: the set of ticks of one session. Each tick is unbought, pending (bought, a stop may
// give it back) or due. The newest 64 live in two words of Session; below them everything is due, except for
// the runs in Extra. Memory is pruned by what a heartbeat can still reach (Offer::late_ms).

#include <cstdint>
#include <vector>

#include "aggregator/extra_table.h"
#include "aggregator/records.h"

namespace paytick::aggregator {

// Ticks k … k+n-1.
struct Run {
  std::uint32_t k = 0;
  std::uint32_t n = 0;
};

// A view: cheap to make, holds nothing. `extras` may
// get or lose the session's Extra in every call that is not const.
class TickSet {
 public:
  TickSet(std::uint32_t index, Session& session, const Offer& offer, ExtraTable& extras)
      : index_(index), s_(session), offer_(offer), extras_(extras) {}

  bool is_bought(std::uint32_t k) const {
    if (k >= s_.base && !s_.ragged) return k - s_.base < s_.bought_n();
    return is_bought_in_general(k);
  }
  bool is_forgotten(std::uint32_t k) const;  // no longer known; treat as late

  // None of the run is bought. `now` prunes; `day` is the viewer's.
  void buy(Run run, bool due, std::int64_t now, std::uint32_t day);

  // Pending ticks that begin after `at`, as ascending runs.
  std::vector<Run> pending_after(std::int64_t at) const;
  void take_back(Run run);                      // of pending ticks
  std::uint32_t day_of(std::uint32_t k) const;  // on which a pending tick was bought

  // Makes due what has begun at `t`; how many. Nearly always that is nothing or one, which needs no division.
  std::uint32_t make_due(std::int64_t t) {
    const std::int64_t since = t - static_cast<std::int64_t>(s_.start);
    if (since < 0) return 0;
    if (!s_.ragged && !s_.unsettled) {
      const std::uint32_t bought = s_.bought_n(), due = s_.due_n();
      if (due >= bought) return 0;
      const std::int64_t next = t - begins(std::int64_t{s_.base} + due);
      if (next < 0) return 0;
      if (next < offer_.tick_ms) {
        s_.set_window(bought, due + 1);
        return 1;
      }
    }
    return make_due_below(since / offer_.tick_ms + 1);
  }

  std::int64_t begins(std::int64_t k) const {
    return static_cast<std::int64_t>(s_.start) + k * offer_.tick_ms;
  }
  // Of the last bought tick; the start when there is none.
  std::int64_t ends() const {
    if (!s_.ragged && s_.bought_n() != 0) return begins(std::int64_t{s_.base} + s_.bought_n());
    return ends_in_general();
  }
  // When the first pending one begins; kNever when there is none.
  static constexpr std::int64_t kNever = INT64_MAX;
  std::int64_t next_due() const {
    if (s_.ragged || s_.unsettled) return next_due_in_general();
    return s_.due_n() < s_.bought_n() ? begins(std::int64_t{s_.base} + s_.due_n()) : kNever;
  }

 private:
  static constexpr std::uint32_t kWindow = 64;
  enum class State : std::uint8_t { unbought, pending, due };

  void slide(Window& w, std::uint32_t base, std::int64_t now);
  void prune(Extra& extra, std::int64_t now);
  static void append(std::vector<TickRun>& runs, std::uint32_t from, std::uint32_t to, bool pending);
  static void set(std::vector<TickRun>& runs, std::uint32_t k, State state);
  const TickRun* run_of(std::uint32_t k) const;
  bool is_pending(std::uint32_t k) const;
  void note_day(std::uint32_t day);
  void forget_marks();
  std::uint64_t pending_word() const {
    const Window w = extras_.window(s_);
    return w.bought & ~w.due;
  }
  bool append_regular(Run run, bool due);
  bool is_bought_in_general(std::uint32_t k) const;
  std::int64_t ends_in_general() const;
  std::int64_t next_due_in_general() const;
  std::uint32_t make_due_below(std::int64_t begun);  // ticks below have begun

  std::uint32_t index_;
  Session& s_;
  const Offer& offer_;
  ExtraTable& extras_;
};

}  // namespace paytick::aggregator
