#include "model/hash_lanes.h"

#include <array>
#include <bit>
#include <cstring>

namespace paytick::lanes {

#if defined(__x86_64__) && defined(__GNUC__)
namespace {

static_assert(std::endian::native == std::endian::little);

// RFC 7693: the initial value (§2.6), and which words of the message each round takes (§2.7; rounds 10 and
// 11 repeat 0 and 1).
constexpr std::array<std::uint64_t, 8> kInitial = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                                   0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                                   0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
constexpr std::uint8_t kWords[12][16] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                         {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
                                         {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
                                         {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
                                         {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
                                         {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
                                         {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
                                         {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
                                         {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
                                         {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
                                         {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                         {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3}};
constexpr std::size_t kBlockBytes = 128;
constexpr std::size_t kHashBytes = 32;
constexpr std::uint64_t kParameters = 0x0101'0000 ^ kHashBytes;  // §2.5: no key, one leaf

using Vector4 [[gnu::vector_size(32)]] = std::uint64_t;
using Vector8 [[gnu::vector_size(64)]] = std::uint64_t;

// Everything in it is inlined into a function that is compiled for one instruction set.
template <typename Vector>
struct Lanes {
  static constexpr std::size_t kLanes = sizeof(Vector) / sizeof(std::uint64_t);

  template <int kBits>
  [[gnu::always_inline]] static void turn(Vector& x) {
    x = (x >> kBits) | (x << (64 - kBits));
  }

  // §3.1: mixes words x and y of the message into four words of the state.
  [[gnu::always_inline]] static void mix(Vector& a, Vector& b, Vector& c, Vector& d, const Vector& x,
                                         const Vector& y) {
    a += b + x;
    d ^= a;
    turn<32>(d);
    c += d;
    b ^= c;
    turn<24>(b);
    a += b + y;
    d ^= a;
    turn<16>(d);
    c += d;
    b ^= c;
    turn<63>(b);
  }

  // §3.2: one block of every message into its state; `end` counts the bytes so far.
  [[gnu::always_inline]] static void compress(Vector* h, const std::uint8_t* const* in, std::uint64_t end,
                                              bool last) {
    alignas(Vector) std::uint64_t words[16][kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      for (std::size_t i = 0; i < 16; ++i) std::memcpy(&words[i][lane], in[lane] + 8 * i, 8);
    Vector m[16];
    std::memcpy(m, words, sizeof m);
    Vector v[16];
    for (std::size_t i = 0; i < 8; ++i) {
      v[i] = h[i];
      v[i + 8] = Vector{} + kInitial[i];
    }
    v[12] ^= Vector{} + end;
    if (last) v[14] = ~v[14];
#pragma GCC unroll 12
    for (std::size_t round = 0; round < 12; ++round) {
      const std::uint8_t* const w = kWords[round];
      mix(v[0], v[4], v[8], v[12], m[w[0]], m[w[1]]);
      mix(v[1], v[5], v[9], v[13], m[w[2]], m[w[3]]);
      mix(v[2], v[6], v[10], v[14], m[w[4]], m[w[5]]);
      mix(v[3], v[7], v[11], v[15], m[w[6]], m[w[7]]);
      mix(v[0], v[5], v[10], v[15], m[w[8]], m[w[9]]);
      mix(v[1], v[6], v[11], v[12], m[w[10]], m[w[11]]);
      mix(v[2], v[7], v[8], v[13], m[w[12]], m[w[13]]);
      mix(v[3], v[4], v[9], v[14], m[w[14]], m[w[15]]);
    }
    for (std::size_t i = 0; i < 8; ++i) h[i] ^= v[i] ^ v[i + 8];
  }

  [[gnu::always_inline]] static void hash_all(const std::uint8_t* const* in, std::size_t size,
                                              std::uint8_t* const* out) {
    Vector h[8];
    for (std::size_t i = 0; i < 8; ++i) h[i] = Vector{} + kInitial[i];
    h[0] ^= Vector{} + kParameters;

    const std::uint8_t* at[kLanes];
    std::memcpy(at, in, sizeof at);
    std::size_t left = size;
    for (; left > kBlockBytes; left -= kBlockBytes) {
      compress(h, at, size - left + kBlockBytes, false);
      for (const std::uint8_t*& p : at) p += kBlockBytes;
    }
    std::uint8_t tail[kLanes][kBlockBytes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      std::memcpy(tail[lane], at[lane], left);
      std::memset(tail[lane] + left, 0, kBlockBytes - left);
      at[lane] = tail[lane];
    }
    compress(h, at, size, true);

    for (std::size_t lane = 0; lane < kLanes; ++lane)
      for (std::size_t i = 0; i < kHashBytes / 8; ++i) {
        const std::uint64_t word = h[i][lane];
        std::memcpy(out[lane] + 8 * i, &word, 8);
      }
  }
};

[[gnu::target("avx512f")]] void hash_8(const std::uint8_t* const* in, std::size_t size,
                                       std::uint8_t* const* out) {
  Lanes<Vector8>::hash_all(in, size, out);
}
[[gnu::target("avx2")]] void hash_4(const std::uint8_t* const* in, std::size_t size,
                                    std::uint8_t* const* out) {
  Lanes<Vector4>::hash_all(in, size, out);
}

}  // namespace

Kernel of_width(std::size_t lanes) {
  __builtin_cpu_init();
  if (lanes == 8 && __builtin_cpu_supports("avx512f")) return {8, hash_8};
  if (lanes == 4 && __builtin_cpu_supports("avx2")) return {4, hash_4};
  return {1, nullptr};
}
#else
Kernel of_width(std::size_t) { return {1, nullptr}; }
#endif

Kernel widest() {
  const Kernel kernel = of_width(8);
  return kernel.lanes == 1 ? of_width(4) : kernel;
}

}  // namespace paytick::lanes
