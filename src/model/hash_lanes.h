#pragma once
// Private to hash.cc: BLAKE2b-256 of several messages at once, one in each 64-bit lane of a vector. A single
// message cannot use wide vectors well: eight side by side take AVX-512 little longer than one.

#include <cstddef>
#include <cstdint>

namespace paytick::lanes {

// Hashes `lanes` messages of `size` bytes each, size > 0.
using HashAll = void (*)(const std::uint8_t* const* in, std::size_t size, std::uint8_t* const* out);

struct Kernel {
  std::size_t lanes;  // 1: this processor has no vectors that help; hash_all is null
  HashAll hash_all;
};
inline constexpr std::size_t kLanesMax = 8;

// The widest that this processor runs. Tests ask for each width; one that it cannot run gives lanes 1.
Kernel widest();
Kernel of_width(std::size_t lanes);

}  // namespace paytick::lanes
