#pragma once
// Ids for loads: they look random and are cheap to make again (splitmix64).

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace paytick::aggregator {

template <typename Id>
Id id_of(std::uint64_t n) {
  Id id;
  std::uint64_t state = n * 977 + Id::kSize;
  for (std::size_t at = 0; at < Id::kSize; at += 8) {
    std::uint64_t z = state += 0x9E37'79B9'7F4A'7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EBULL;
    z ^= z >> 31;
    std::memcpy(id.bytes.data() + at, &z, 8);
  }
  return id;
}

}  // namespace paytick::aggregator
