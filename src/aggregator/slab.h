#pragma once
// Private to the fold: records named by a 32-bit index that stays valid until release(). They live in chunks,
// each twice as large as the one before, so that growing never moves a record and never holds two copies of
// the state, and finding a chunk takes no memory access beyond a table of twenty pointers.

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "aggregator/flat_index.h"
#include "aggregator/huge_memory.h"

namespace paytick::aggregator {

template <typename T>
class Slab {
 public:
  Slab() = default;
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  Slab& operator=(Slab&& other) noexcept {
    std::swap(chunks_, other.chunks_);
    std::swap(free_, other.free_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Slab() {
    if constexpr (!std::is_trivially_destructible_v<T>) {
      for (std::uint32_t i = 0; i < size_; ++i) (*this)[i].~T();
    }
    for (T* chunk : chunks_) std::free(chunk);
  }

  T& operator[](std::uint32_t i) {
    const std::uint32_t j = i + kFirst;
    const auto log = static_cast<std::uint32_t>(31 - std::countl_zero(j));
    return chunks_[log - kFirstLog][j - (1U << (log & 31U))];
  }
  const T& operator[](std::uint32_t i) const { return const_cast<Slab&>(*this)[i]; }

  // A record with its default value. The most recently released index comes back first.
  std::uint32_t add() {
    if (!free_.empty()) {
      const std::uint32_t i = free_.back();
      free_.pop_back();
      (*this)[i] = T{};
      return i;
    }
    assert(size_ < kSizeMax);
    const std::uint32_t j = size_ + kFirst;
    if (std::has_single_bit(j)) {
      const auto log = static_cast<std::uint32_t>(std::countr_zero(j));
      chunks_[log - kFirstLog] = static_cast<T*>(huge_allocate(sizeof(T) << log));
    }
    new (&(*this)[size_]) T{};
    return size_++;
  }
  // The caller marks the record as unused, if it ever walks the slab.
  void release(std::uint32_t i) { free_.push_back(i); }

  std::uint32_t size() const { return size_; }  // with released ones
  const std::vector<std::uint32_t>& free_list() const { return free_; }
  void set_free_list(std::vector<std::uint32_t> free) { free_ = std::move(free); }
  std::size_t bytes() const { return size_ * sizeof(T) + free_.capacity() * sizeof(std::uint32_t); }
  void prefetch(std::uint32_t i) const {
    const char* at = reinterpret_cast<const char*>(&(*this)[i]);
    for (std::size_t line = 0; line < sizeof(T); line += 64) prefetch_line(at + line);
    if constexpr (alignof(T) < 64 && sizeof(T) > 8) prefetch_line(at + sizeof(T) - 1);
  }

 private:
  static constexpr std::uint32_t kFirstLog = 8;
  static constexpr std::uint32_t kFirst = 1U << kFirstLog;  // records of the first chunk
  static constexpr std::uint32_t kSizeMax = 0x7FFF'FF00;    // wheel entries keep a bit for themselves

  std::array<T*, 32 - kFirstLog> chunks_{};
  std::vector<std::uint32_t> free_;
  std::uint32_t size_ = 0;
};

}  // namespace paytick::aggregator
