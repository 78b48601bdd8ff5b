#pragma once
// Private to the fold: the Extras, by session. Few sessions have one, and only the session's own bits lead
// here.

#include <cstdint>

#include "aggregator/records.h"
#include "aggregator/side_table.h"

namespace paytick::aggregator {

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

  void prefetch(std::uint32_t session, const Session& s) const {
    if (s.has_extra) table_.prefetch(session);
  }
  std::size_t size() const { return table_.size(); }
  // What its vectors allocate counts as one small piece each.
  std::size_t bytes() const { return table_.bytes() + size() * kSmallPiece; }

 private:
  static constexpr std::size_t kSmallPiece = 32;
  SideTable<Extra> table_;
};

}  // namespace paytick::aggregator
