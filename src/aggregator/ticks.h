#pragma once
// Private to the fold: the set of ticks of one session. Each tick is unbought, pending (bought, a stop may
// give it back) or due. The newest 64 live in two words of Session; below them everything is due, except for
// the runs in Extra. Memory is pruned by what a heartbeat can still reach (Offer::late_ms).

#include <cstdint>
#include <optional>
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

  bool is_bought(std::uint32_t k) const;
  bool is_forgotten(std::uint32_t k) const;  // no longer known; treat as late

  // None of the run is bought. `now` prunes; `day` is the viewer's.
  void buy(Run run, bool due, std::int64_t now, std::uint32_t day);

  // Pending ticks that begin after `at`, as ascending runs.
  std::vector<Run> pending_after(std::int64_t at) const;
  void take_back(Run run);                      // of pending ticks
  std::uint32_t day_of(std::uint32_t k) const;  // on which a pending tick was bought

  // Makes due what has begun at `t`; how many.
  std::uint32_t make_due(std::int64_t t);

  std::int64_t begins(std::int64_t k) const {
    return static_cast<std::int64_t>(s_.start) + k * offer_.tick_ms;
  }
  std::int64_t ends() const;  // of the last bought tick; the start when there is none
  std::optional<std::uint32_t> first_pending() const;

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

  std::uint32_t index_;
  Session& s_;
  const Offer& offer_;
  ExtraTable& extras_;
};

}  // namespace paytick::aggregator
