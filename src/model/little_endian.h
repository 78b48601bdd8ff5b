#pragma once
// Packs fields, integers little-endian, for what is hashed: proofs and derived ids. What is packed is
// frozen; see schemas/PROOF.md.

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "model/ids.h"

namespace paytick {

template <std::size_t Capacity>
class Packer {
 public:
  template <typename T>
  requires std::is_integral_v<T> || std::is_enum_v<T> Packer& put(T value) {
    static_assert(std::endian::native == std::endian::little);
    return copy(&value, sizeof(T));
  }

  template <std::size_t N, typename Tag>
  Packer& put(const Bytes<N, Tag>& id) {
    return copy(id.bytes.data(), N);
  }

  // Text ends what is packed, or comes after its length: nothing here separates it from its neighbour.
  Packer& put(std::string_view text) { return copy(text.data(), text.size()); }

  // Over an id that was put before.
  template <std::size_t N, typename Tag>
  void put_at(std::size_t at, const Bytes<N, Tag>& id) {
    assert(at + N <= size_);
    std::memcpy(bytes_.data() + at, id.bytes.data(), N);
  }
  void clear() { size_ = 0; }

  std::span<const std::uint8_t> bytes() const { return {bytes_.data(), size_}; }

 private:
  Packer& copy(const void* from, std::size_t n) {
    assert(n <= Capacity - size_);
    if (n != 0) std::memcpy(bytes_.data() + size_, from, n);
    return advance(n);
  }
  Packer& advance(std::size_t n) {
    size_ += n;
    assert(size_ <= Capacity);
    return *this;
  }

  std::array<std::uint8_t, Capacity> bytes_;  // left uninitialised: what is read was written
  std::size_t size_ = 0;
};

}  // namespace paytick
