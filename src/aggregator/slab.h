#pragma once
// Private to the fold: records in fixed chunks, named by a 32-bit index that stays valid until release().
// Growing never moves a record and never holds two copies of the state.

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "aggregator/flat_index.h"

namespace paytick::aggregator {

template <typename T>
class Slab {
 public:
  T& operator[](std::uint32_t i) { return chunks_[i >> kShift][i & kMask]; }
  const T& operator[](std::uint32_t i) const { return chunks_[i >> kShift][i & kMask]; }

  // A record with its default value. The most recently released index comes back first.
  std::uint32_t add() {
    if (!free_.empty()) {
      const std::uint32_t i = free_.back();
      free_.pop_back();
      (*this)[i] = T{};
      return i;
    }
    assert(size_ < kNone - 1);
    if ((size_ & kMask) == 0) chunks_.push_back(std::make_unique<T[]>(kMask + 1));
    return size_++;
  }
  // The caller marks the record as unused, if it ever walks the slab.
  void release(std::uint32_t i) { free_.push_back(i); }

  std::uint32_t size() const { return size_; }  // with released ones
  std::size_t used() const { return size_ - free_.size(); }
  const std::vector<std::uint32_t>& free_list() const { return free_; }
  void set_free_list(std::vector<std::uint32_t> free) { free_ = std::move(free); }
  std::size_t bytes() const {
    return chunks_.size() * (kMask + 1) * sizeof(T) + free_.capacity() * sizeof(std::uint32_t);
  }
  void prefetch(std::uint32_t i) const {
    const char* at = reinterpret_cast<const char*>(&(*this)[i]);
    for (std::size_t line = 0; line < sizeof(T); line += 64) __builtin_prefetch(at + line);
  }

 private:
  static constexpr std::uint32_t kShift = 12;
  static constexpr std::uint32_t kMask = (1U << kShift) - 1;

  std::vector<std::unique_ptr<T[]>> chunks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t size_ = 0;
};

}  // namespace paytick::aggregator
