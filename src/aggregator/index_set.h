#pragma once
// Private to the fold: a set of record indices that is filled in any order and emptied in ascending order. A
// bit an index, and a bit for each word of those, so that emptying looks at what is in it and hardly at what
// is not.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace paytick::aggregator {

class IndexSet {
 public:
  void add(std::uint32_t i) {
    const std::size_t word = i / kBits;
    if (word >= words_.size()) grow(word);
    words_[word] |= 1ULL << (i % kBits);
    used_[word / kBits] |= 1ULL << (word % kBits);
  }

  // Calls f(index) for each, ascending, and leaves the set empty. `f` may not add.
  template <typename F>
  void drain(F&& f) {
    for (std::size_t at = 0; at < used_.size(); ++at) {
      for (std::uint64_t used = used_[at]; used != 0; used &= used - 1) {
        const std::size_t word = at * kBits + static_cast<std::size_t>(std::countr_zero(used));
        for (std::uint64_t bits = words_[word]; bits != 0; bits &= bits - 1) {
          f(static_cast<std::uint32_t>(word * kBits) + static_cast<std::uint32_t>(std::countr_zero(bits)));
        }
        words_[word] = 0;
      }
      used_[at] = 0;
    }
  }
  std::size_t bytes() const { return (words_.capacity() + used_.capacity()) * sizeof(std::uint64_t); }

 private:
  static constexpr std::size_t kBits = 64;

  void grow(std::size_t word) {
    words_.resize(std::max(word + 1, 2 * words_.size()));
    used_.resize((words_.size() + kBits - 1) / kBits);
  }

  std::vector<std::uint64_t> words_;
  std::vector<std::uint64_t> used_;  // which words are not zero
};

}  // namespace paytick::aggregator
