#pragma once
// BLAKE2b, the one hash of paytick: record hashes, proofs and derived ids. Thread-safe.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace paytick {

// Unkeyed BLAKE2b of `in`; its length is out's, 16 … 64 bytes.
void blake2b(std::span<const std::uint8_t> in, std::span<std::uint8_t> out);
void blake2b(std::string_view in, std::span<std::uint8_t> out);

// BLAKE2b-256 of each of several messages of `size` bytes, size > 0: the same hashes, several at a time where
// the processor has the vectors for it (AVX-512: a fifth of the time a message; AVX2: half).
struct HashJob {
  const std::uint8_t* in;
  std::uint8_t* out;  // 32 bytes, not part of any message
};
void blake2b_each(std::span<const HashJob> jobs, std::size_t size);

// BLAKE2b-256 of the BLAKE2b-256 hashes, one after the other, of the pieces of 4 KiB that `in` is cut into
// (the last may be shorter, and is empty when `in` is). For what is long: pieces are hashed side by side.
inline constexpr std::size_t kHashPieceBytes = 4'096;
void blake2b_pieces(std::string_view in, std::span<std::uint8_t, 32> out);

}  // namespace paytick
