#pragma once
// Private to the fold: an open-addressing table of indices into a slab. The slab keeps the keys once; a slot
// keeps 32 bits of the key's hash and the index, 8 bytes in all. Nothing ever walks the table, so its order
// (and the history that led to it) cannot show in the output.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "aggregator/huge_memory.h"
#include "model/ids.h"

namespace paytick::aggregator {

inline constexpr std::uint32_t kNone = 0xFFFF'FFFF;

inline std::uint32_t mix(std::uint64_t x) {
  x ^= x >> 32;
  return static_cast<std::uint32_t>((x * 0x9E37'79B9'7F4A'7C15ULL) >> 32);
}

// Ids are random or hashes; two of their words are folded so that chosen prefixes alone do not collide.
template <std::size_t N, typename Tag>
std::uint32_t hash_of(const Bytes<N, Tag>& id) {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::memcpy(&a, id.bytes.data(), sizeof a);
  std::memcpy(&b, id.bytes.data() + 8, sizeof b);
  return mix(a + b * 0xC2B2'AE3D'27D4'EB4FULL);
}

class FlatIndex {
 public:
  FlatIndex() : slots_(kSlotsMin) {}

  void prefetch(std::uint32_t hash) const { prefetch_line(&slots_[hash & mask()]); }

  // First index of that hash alone, unverified, for prefetching what it points to; kNone when absent.
  std::uint32_t guess(std::uint32_t hash) const {
    return find(hash, [](std::uint32_t) { return true; });
  }

  // The index for which same(index) holds; kNone when absent.
  template <typename Same>
  std::uint32_t find(std::uint32_t hash, Same&& same) const {
    for (std::size_t at = hash & mask();; at = (at + 1) & mask()) {
      const Slot& slot = slots_[at];
      if (slot.index == kNone) return kNone;
      if (slot.hash == hash && same(slot.index)) return slot.index;
    }
  }

  // The caller has made sure that the key is absent.
  void insert(std::uint32_t hash, std::uint32_t index) {
    if ((size_ + 1) * 4 > slots_.size() * 3) grow();
    place({hash, index});
    ++size_;
  }

  void erase(std::uint32_t hash, std::uint32_t index) {
    std::size_t hole = hash & mask();
    while (slots_[hole].index != index || slots_[hole].hash != hash) {
      if (slots_[hole].index == kNone) return;
      hole = (hole + 1) & mask();
    }
    --size_;
    // Later slots of the same probe move up, so that no tombstones are needed.
    for (std::size_t at = (hole + 1) & mask(); slots_[at].index != kNone; at = (at + 1) & mask()) {
      const std::size_t home = slots_[at].hash & mask();
      if (((at - home) & mask()) >= ((at - hole) & mask())) {
        slots_[hole] = slots_[at];
        hole = at;
      }
    }
    slots_[hole] = {};
  }

  void reserve(std::size_t n) {
    while (n * 4 > slots_.size() * 3) grow();
  }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t index = kNone;
  };
  using Slots = std::vector<Slot, HugeAllocator<Slot>>;
  static constexpr std::size_t kSlotsMin = 16;

  std::size_t mask() const { return slots_.size() - 1; }
  void place(Slot slot) {
    std::size_t at = slot.hash & mask();
    while (slots_[at].index != kNone) at = (at + 1) & mask();
    slots_[at] = slot;
  }
  void grow() {
    Slots old(slots_.size() * 2);
    std::swap(old, slots_);
    for (const Slot& slot : old) {
      if (slot.index != kNone) place(slot);
    }
  }

  Slots slots_;
  std::size_t size_ = 0;
};

}  // namespace paytick::aggregator
