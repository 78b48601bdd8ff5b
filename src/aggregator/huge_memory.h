#pragma once
// Private to the fold: memory for tables that are read at random. Large pieces ask for huge pages, since on 4
// KiB pages every look-up would pay for a walk of the page table as well.

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace paytick::aggregator {

inline constexpr std::size_t kHugePage = 2 * 1024 * 1024;

// Uninitialised and untouched: what is never written is never resident.
inline void* huge_allocate(std::size_t bytes) {
  const std::size_t align = bytes >= kHugePage ? kHugePage : 64;
  const std::size_t rounded = (bytes + align - 1) / align * align;
  void* const at = std::aligned_alloc(align, rounded);
  if (at == nullptr) throw std::bad_alloc();
  if (align == kHugePage) static_cast<void>(::madvise(at, rounded, MADV_HUGEPAGE));  // a hint
  return at;
}

// A function that only prefetches counts as one without effect to GCC, which then drops the calls to it: the
// empty assembly keeps them.
inline void prefetch_line(const void* at) {
  __builtin_prefetch(at);
  asm volatile("");
}

template <typename T>
struct HugeAllocator {
  using value_type = T;
  HugeAllocator() = default;
  template <typename U>
  HugeAllocator(const HugeAllocator<U>&) {}  // NOLINT: as the standard wants it
  T* allocate(std::size_t n) { return static_cast<T*>(huge_allocate(n * sizeof(T))); }
  void deallocate(T* at, std::size_t) { std::free(at); }
  friend bool operator==(const HugeAllocator&, const HugeAllocator&) { return true; }
};

}  // namespace paytick::aggregator
