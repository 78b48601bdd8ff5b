#pragma once
// Private to the fold: the Extras, by session. Few sessions have one, and only the session's own bits lead
// here, so that what goes without one never pays for a look-up.

#include <cstdint>

#include "aggregator/flat_index.h"
#include "aggregator/records.h"
#include "aggregator/slab.h"

namespace paytick::aggregator {

class ExtraTable {
 public:
  Extra* find(std::uint32_t session, const Session& s) {
    return s.has_extra ? &entries_[entry_of(session)].extra : nullptr;
  }
  const Extra* find(std::uint32_t session, const Session& s) const {
    return const_cast<ExtraTable&>(*this).find(session, s);
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
    if (!s.has_extra) {
      s.has_extra = 1;
      const std::uint32_t entry = entries_.add();
      entries_[entry].session = session;
      index_.insert(mix(session), entry);
    }
    return entries_[entry_of(session)].extra;
  }
  // After each change: drops what says nothing, and notes in the session whether the clock must look here.
  void settle(std::uint32_t session, Session& s) {
    if (!s.has_extra) return;
    const Extra& extra = entries_[entry_of(session)].extra;
    if (extra.empty()) return drop(session, s);
    s.unsettled = extra.is_settled() ? 0 : 1;
  }
  void drop(std::uint32_t session, Session& s) {
    const std::uint32_t entry = entry_of(session);
    index_.erase(mix(session), entry);
    entries_[entry] = {};
    entries_.release(entry);
    s.has_extra = 0;
    s.unsettled = 0;
  }

  void prefetch(std::uint32_t session, const Session& s) const {
    if (s.has_extra) index_.prefetch(mix(session));
  }
  std::size_t size() const { return index_.size(); }
  // What its vectors allocate counts as one small piece each.
  std::size_t bytes() const { return entries_.bytes() + index_.bytes() + size() * kSmallPiece; }

 private:
  static constexpr std::size_t kSmallPiece = 32;
  struct Entry {
    Extra extra;
    std::uint32_t session = kNone;
  };

  std::uint32_t entry_of(std::uint32_t session) const {
    return index_.find(mix(session), [&](std::uint32_t at) { return entries_[at].session == session; });
  }

  Slab<Entry> entries_;
  FlatIndex index_;
};

}  // namespace paytick::aggregator
