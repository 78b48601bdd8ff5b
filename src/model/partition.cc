#include "model/partition.h"

#include <cassert>

namespace paytick {

std::uint32_t murmur2(std::string_view key) {
  constexpr std::uint32_t kSeed = 0x9747b28c;
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  const auto byte = [&](std::size_t i) { return std::uint32_t{static_cast<std::uint8_t>(key[i])}; };

  std::uint32_t h = kSeed ^ static_cast<std::uint32_t>(key.size());
  std::size_t i = 0;
  for (; i + 4 <= key.size(); i += 4) {
    std::uint32_t k = byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24;
    k *= kMultiplier;
    k ^= k >> 24;
    h = h * kMultiplier ^ k * kMultiplier;
  }
  if (i < key.size()) {
    for (std::size_t j = key.size(); j-- > i;) h ^= byte(j) << 8 * (j - i);
    h *= kMultiplier;
  }
  h ^= h >> 13;
  h *= kMultiplier;
  return h ^ h >> 15;
}

PartitionId partition_of(const ViewerId& viewer, std::uint32_t partitions) {
  assert(partitions >= 1);
  char text[kStrkeyText];
  write_id(text, viewer);
  return PartitionId{(murmur2({text, kStrkeyText}) & 0x7fffffffU) % partitions};
}

}  // namespace paytick
