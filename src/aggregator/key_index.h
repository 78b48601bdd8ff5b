#pragma once
// Private to the fold: which record of a slab has a key, in five bytes a record. A slot is 32 bits: the index
// and, above it, as many bits of the key's hash as are left. The slab keeps the keys; when the table grows,
// it is filled again from there. Nothing ever walks the table, so its order cannot show in the output.
//
// Slots come in buckets of a cache line. A key that finds its bucket full goes to a later one, and each
// bucket it passed counts it, so that a look-up knows where to stop and an erase moves nothing.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "aggregator/flat_index.h"
#include "aggregator/huge_memory.h"

namespace paytick::aggregator {

class KeyIndex {
 public:
  KeyIndex() : buckets_(1) {}

  void prefetch(std::uint32_t hash) const { prefetch_line(&buckets_[home(hash)]); }

  // An index that may be of that hash, for prefetching what it points to; kNone when there is none.
  std::uint32_t guess(std::uint32_t hash) const {
    return find(hash, [](std::uint32_t) { return true; });
  }

  // The index for which same(index) holds; kNone when absent.
  template <typename Same>
  std::uint32_t find(std::uint32_t hash, Same&& same) const {
    const std::uint32_t tag = hash << bits_;
    for (std::size_t at = home(hash);; at = after(at)) {
      const Bucket& bucket = buckets_[at];
      for (std::uint32_t hits = matches(bucket, tag); hits != 0; hits &= hits - 1) {
        const std::uint32_t slot = bucket.slots[static_cast<std::size_t>(std::countr_zero(hits))];
        if (slot != 0 && same((slot & index_mask()) - 1)) return (slot & index_mask()) - 1;
      }
      if (bucket.passed == 0) return kNone;
    }
  }

  // The caller has made sure that the key is absent. `each(add)` calls add(hash, index) for every record of
  // the slab that is to be found here, this one included; it is asked when the table grows.
  template <typename Each>
  void insert(std::uint32_t hash, std::uint32_t index, Each&& each) {
    ++size_;
    if (size_ * kLoadOf > buckets_.size() * kSlots * kLoad || index >= index_mask()) {
      return fill(std::max(buckets_.size() + buckets_.size() / 3 + 1, buckets_for(size_)), index, each);
    }
    place(hash, index);
  }

  void erase(std::uint32_t hash, std::uint32_t index) {
    const std::uint32_t wanted = hash << bits_ | (index + 1);
    for (std::size_t at = home(hash), steps = 0; steps < buckets_.size(); at = after(at), ++steps) {
      auto& slots = buckets_[at].slots;
      const auto slot = std::find(slots.begin(), slots.end(), wanted);
      if (slot == slots.end()) {
        if (buckets_[at].passed == 0) return;
        continue;
      }
      *slot = 0;
      for (std::size_t before = home(hash); before != at; before = after(before)) --buckets_[before].passed;
      --size_;
      return;
    }
  }

  // Anew, for `n` records with indices up to `last`.
  template <typename Each>
  void fill_anew(std::size_t n, std::uint32_t last, Each&& each) {
    size_ = n;
    fill(buckets_for(n), last, each);
  }

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return buckets_.capacity() * sizeof(Bucket); }

 private:
  static constexpr std::size_t kSlots = 15;
  // Grows when seven of eight slots are taken; filled anew it leaves a little to go.
  static constexpr std::size_t kLoad = 7;
  static constexpr std::size_t kLoadOf = 8;

  struct alignas(64) Bucket {
    std::array<std::uint32_t, kSlots> slots{};  // 0: empty; else tag and index + 1
    std::uint32_t passed = 0;                   // keys that found this bucket full
  };
  static_assert(sizeof(Bucket) == 64);

  static std::size_t buckets_for(std::size_t n) { return n * 6 / 5 / kSlots + 1; }
  // Different bits than the tag's.
  std::size_t home(std::uint32_t hash) const {
    return static_cast<std::size_t>((static_cast<std::uint64_t>(hash) * buckets_.size()) >> 32);
  }
  std::size_t after(std::size_t at) const { return at + 1 == buckets_.size() ? 0 : at + 1; }
  std::uint32_t index_mask() const { return (1U << bits_) - 1; }

  // A bit for each slot whose tag is this, empty ones perhaps among them.
  std::uint32_t matches(const Bucket& bucket, std::uint32_t tag) const {
#if defined(__SSE2__)
    const __m128i mask = _mm_set1_epi32(static_cast<int>(~index_mask()));
    const __m128i want = _mm_set1_epi32(static_cast<int>(tag));
    const auto* at = reinterpret_cast<const __m128i*>(&bucket);
    const auto same = [&](int i) {
      return _mm_cmpeq_epi32(_mm_and_si128(_mm_load_si128(at + i), mask), want);
    };
    const __m128i low = _mm_packs_epi32(same(0), same(1));
    const __m128i high = _mm_packs_epi32(same(2), same(3));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(low, high))) & ((1U << kSlots) - 1);
#else
    std::uint32_t hits = 0;
    for (std::size_t i = 0; i < kSlots; ++i) {
      hits |= static_cast<std::uint32_t>((bucket.slots[i] & ~index_mask()) == tag) << i;
    }
    return hits;
#endif
  }

  void place(std::uint32_t hash, std::uint32_t index) {
    for (std::size_t at = home(hash);; at = after(at)) {
      auto& slots = buckets_[at].slots;
      const auto empty = std::find(slots.begin(), slots.end(), 0U);
      if (empty != slots.end()) {
        *empty = hash << bits_ | (index + 1);
        return;
      }
      ++buckets_[at].passed;
    }
  }

  template <typename Each>
  void fill(std::size_t buckets, std::uint32_t last, Each&& each) {
    buckets_ = Buckets();  // first, so that never two tables are held
    buckets_ = Buckets(buckets);
    bits_ =
        static_cast<std::uint32_t>(std::bit_width(std::max<std::uint64_t>(last + 1ULL, buckets * kSlots)));
    each([this](std::uint32_t hash, std::uint32_t index) { place(hash, index); });
  }

  using Buckets = std::vector<Bucket, HugeAllocator<Bucket>>;
  Buckets buckets_;
  std::uint32_t bits_ = 16;  // of a slot that are the index; at most 31 (Slab's bound)
  std::size_t size_ = 0;
};

}  // namespace paytick::aggregator
