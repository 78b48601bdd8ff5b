#pragma once
// Private to the fold: records named by a 32-bit index that stays valid until release(). They live in chunks,
// each twice as large as the one before, so that growing never moves a record and never holds two copies of
// the state, and finding a record takes no memory access beyond a small table of addresses.

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
    std::swap(bases_, other.bases_);
    std::swap(free_, other.free_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Slab() {
    if constexpr (!std::is_trivially_destructible_v<T>) {
      for (std::uint32_t i = 0; i < size_; ++i) (*this)[i].~T();
    }
    for (std::uint32_t log = kFirstLog; size_ != 0 && (1U << log) < size_ + kFirst; ++log)
      std::free(at(log, 1U << log));
  }

  T& operator[](std::uint32_t i) {
    const std::uint32_t j = i + kFirst;
    return *at(log_of(j), j);
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
      const std::uint32_t log = log_of(j);
      bases_[log - kFirstLog] =
          reinterpret_cast<std::uintptr_t>(huge_allocate(sizeof(T) << log)) - (sizeof(T) << log);
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

  // Chunk `log` holds the records whose j = index + kFirst has that many bits below its highest.
  static std::uint32_t log_of(std::uint32_t j) { return 31U ^ static_cast<std::uint32_t>(__builtin_clz(j)); }
  T* at(std::uint32_t log, std::uint32_t j) const {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address within a chunk, made of one outside it
    return reinterpret_cast<T*>(bases_[log - kFirstLog] + std::uintptr_t{j} * sizeof(T));
  }

  // Where each chunk's record of j = 0 would stand, so that finding one subtracts nothing. No pointer: the
  // leak sanitizer does not see that what is alive at exit is still known.
  std::array<std::uintptr_t, 32 - kFirstLog> bases_{};
  std::vector<std::uint32_t> free_;
  std::uint32_t size_ = 0;
};

}  // namespace paytick::aggregator
