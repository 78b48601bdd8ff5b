#pragma once
// Private to the fold: when the blocks of a call begin (DESIGN.md §3, Calls). A block's place on the grid is
// its tick's; whatever holds the call (a pause, a freeze) stops its clock, and blocks that had not begun then
// begin later by the time it was held.
//
// Plain arithmetic: it knows neither money nor how many blocks were bought, but for dropping what is past.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "aggregator/flat_index.h"

namespace paytick::aggregator {

// Blocks from … on begin `ms` later than on the grid, up to the next Shift's.
struct Shift {
  std::uint32_t from = 0;
  std::uint32_t spare = 0;
  std::int64_t ms = 0;
};

// Pauses in as many different blocks, none of them metered, are told apart. Beyond, the oldest blocks count
// as begun later than they did, which is felt by a metering of long ago only.
inline constexpr std::size_t kShiftsMax = 64;

// The grid of a session: block k at start + k·tick_ms.
struct CallGrid {
  std::int64_t start = 0;
  std::int64_t tick_ms = 0;
  std::int64_t at(std::int64_t k) const { return start + k * tick_ms; }
};

// What a session that is a call has beside itself.
struct Call {
  std::int64_t held_from = -1;                  // the clock stands; -1: it runs
  std::int64_t ended_at = -1;                   // -1: it has not ended
  std::uint32_t before = kNone, after = kNone;  // calls in the order of their opening
  std::vector<Shift> shifts;                    // ascending by `from`

  bool is_ended() const { return ended_at >= 0; }

  std::int64_t begins(const CallGrid& grid, std::uint32_t k) const {
    std::int64_t ms = 0;
    for (const Shift& shift : shifts) {
      if (shift.from > k) break;
      ms = shift.ms;
    }
    return grid.at(k) + ms;
  }

  // Whether block k counts at `at`: what had not begun when the call was held or ended does not.
  bool has_begun(const CallGrid& grid, std::uint32_t k, std::int64_t at) const {
    const std::int64_t time = begins(grid, k);
    return time <= at && (held_from < 0 || time < held_from) && (!is_ended() || time < ended_at);
  }

  void hold(std::int64_t now) {
    if (held_from < 0 && !is_ended()) held_from = now;
  }
  void lift(const CallGrid& grid, std::int64_t now) {
    if (held_from >= 0 && !is_ended()) shift(first_from(grid, held_from), now - held_from);
    held_from = -1;
  }
  // A call that is held has come no further than the hold.
  void end(std::int64_t at) {
    if (is_ended()) return;
    ended_at = held_from < 0 ? at : std::min(at, held_from);
  }
  // Block 0 begins at `at`: an earlier try to begin the call was not paid.
  void begin_at(const CallGrid& grid, std::int64_t at, std::int64_t now) {
    shifts.assign(1, {0, 0, at - grid.start});
    if (held_from >= 0) held_from = now;
  }

  // Blocks below `next` are bought.
  void forget_before(std::uint32_t next) {
    std::size_t past = 0;
    while (past + 1 < shifts.size() && shifts[past + 1].from <= next) ++past;
    shifts.erase(shifts.begin(), shifts.begin() + static_cast<std::ptrdiff_t>(past));
  }

 private:
  // The first block that begins at `at` or later. Holds come one after the other, so that the last shift is
  // the one in force there.
  std::uint32_t first_from(const CallGrid& grid, std::int64_t at) const {
    const std::uint32_t low = shifts.empty() ? 0 : shifts.back().from;
    const std::int64_t since = at - grid.start - (shifts.empty() ? 0 : shifts.back().ms);
    if (since <= 0) return low;
    const std::int64_t k = (since + grid.tick_ms - 1) / grid.tick_ms;
    return std::max(low, static_cast<std::uint32_t>(
                             std::min<std::int64_t>(k, std::numeric_limits<std::uint32_t>::max())));
  }
  void shift(std::uint32_t from, std::int64_t by) {
    const std::int64_t ms = (shifts.empty() ? 0 : shifts.back().ms) + by;
    if (!shifts.empty() && shifts.back().from == from) {
      shifts.back().ms = ms;
      return;
    }
    shifts.push_back({from, 0, ms});
    if (shifts.size() <= kShiftsMax) return;
    shifts[1].from = shifts[0].from;
    shifts.erase(shifts.begin());
  }
};

}  // namespace paytick::aggregator
