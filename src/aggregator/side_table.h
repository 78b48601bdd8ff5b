#pragma once
// Private to the fold: what few records of a slab have beside themselves, by the record's index. The record
// says with a bit of its own whether it has any, so that what goes without never pays for a look-up.

#include <cstddef>
#include <cstdint>

#include "aggregator/flat_index.h"
#include "aggregator/slab.h"

namespace paytick::aggregator {

template <typename T>
class SideTable {
 public:
  // The owner has one.
  T& operator[](std::uint32_t owner) { return entries_[entry_of(owner)].value; }
  const T& operator[](std::uint32_t owner) const { return entries_[entry_of(owner)].value; }
  // The owner has none.
  T& add(std::uint32_t owner) {
    const std::uint32_t entry = entries_.add();
    entries_[entry].owner = owner;
    index_.insert(mix(owner), entry);
    return entries_[entry].value;
  }
  void drop(std::uint32_t owner) {
    const std::uint32_t entry = entry_of(owner);
    index_.erase(mix(owner), entry);
    entries_[entry] = {};
    entries_.release(entry);
  }
  void prefetch(std::uint32_t owner) const { index_.prefetch(mix(owner)); }
  std::size_t size() const { return index_.size(); }
  std::size_t bytes() const { return entries_.bytes() + index_.bytes(); }

 private:
  struct Entry {
    T value;
    std::uint32_t owner = kNone;
  };

  std::uint32_t entry_of(std::uint32_t owner) const {
    return index_.find(mix(owner), [&](std::uint32_t at) { return entries_[at].owner == owner; });
  }

  Slab<Entry> entries_;
  FlatIndex index_;
};

}  // namespace paytick::aggregator
