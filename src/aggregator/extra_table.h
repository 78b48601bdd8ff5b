#pragma once
// Private to the fold: the Extras and Windows, by session. Few sessions have one, and only the session's own
// bits lead here.

#include <bit>
#include <cassert>
#include <cstdint>

#include "aggregator/records.h"
#include "aggregator/side_table.h"

namespace paytick::aggregator {

// The lowest n bits.
inline std::uint64_t low_bits(std::uint64_t n) { return n >= 64 ? ~0ULL : (1ULL << n) - 1; }

class ExtraTable {
 public:
  Extra* find(std::uint32_t session, const Session& s) { return s.has_extra ? &table_[session] : nullptr; }
  const Extra* find(std::uint32_t session, const Session& s) const {
    return s.has_extra ? &table_[session] : nullptr;
  }
  // Where the clock has to look: pending ticks below the window and marks.
  Extra* find_unsettled(std::uint32_t session, const Session& s) {
    return s.unsettled ? find(session, s) : nullptr;
  }
  const Extra* find_unsettled(std::uint32_t session, const Session& s) const {
    return s.unsettled ? find(session, s) : nullptr;
  }

  // Adds it if there is none. The caller settles it after its change.
  Extra& get(std::uint32_t session, Session& s) {
    if (s.has_extra) return table_[session];
    s.has_extra = 1;
    return table_.add(session);
  }
  // After each change: drops what says nothing, and notes in the session whether the clock must look here.
  void settle(std::uint32_t session, Session& s) {
    if (!s.has_extra) return;
    const Extra& extra = table_[session];
    if (extra.empty()) return drop(session, s);
    s.unsettled = extra.is_settled() ? 0 : 1;
  }
  void drop(std::uint32_t session, Session& s) {
    table_.drop(session);
    s.has_extra = 0;
    s.unsettled = 0;
  }

  Window window(const Session& s) const {
    if (s.ragged) return windows_[s.window];
    return {low_bits(s.bought_n()), low_bits(s.due_n())};
  }
  void set_window(Session& s, const Window& w) {
    // Ones from the lowest bit on, in both.
    if ((w.bought & (w.bought + 1)) == 0 && (w.due & (w.due + 1)) == 0) {
      if (s.ragged) forget_window(s);
      s.set_window(static_cast<std::uint32_t>(std::bit_width(w.bought)),
                   static_cast<std::uint32_t>(std::bit_width(w.due)));
      return;
    }
    if (!s.ragged) {
      const std::uint32_t i = windows_.add();
      assert(i < 1U << 27);
      s.window = i & 0x7FF'FFFF;
      s.ragged = 1;
    }
    windows_[s.window] = w;
  }
  void forget_window(Session& s) {
    windows_.release(s.window);
    s.window = 0;
    s.ragged = 0;
  }
  Slab<Window>& windows() { return windows_; }
  const Slab<Window>& windows() const { return windows_; }

  void prefetch(std::uint32_t session, const Session& s) const {
    if (s.has_extra) table_.prefetch(session);
    if (s.ragged) windows_.prefetch(s.window);
  }
  std::size_t size() const { return table_.size(); }
  // What its vectors allocate counts as one small piece each.
  std::size_t bytes() const { return table_.bytes() + size() * kSmallPiece + windows_.bytes(); }

 private:
  static constexpr std::size_t kSmallPiece = 32;

  Slab<Window> windows_;
  SideTable<Extra> table_;
};

}  // namespace paytick::aggregator
