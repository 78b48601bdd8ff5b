#pragma once
// BLAKE2b, the one hash of paytick: record hashes, proofs and derived ids. Thread-safe.

#include <cstdint>
#include <span>
#include <string_view>

namespace paytick {

// Unkeyed BLAKE2b of `in`; its length is out's, 16 … 64 bytes.
void blake2b(std::span<const std::uint8_t> in, std::span<std::uint8_t> out);
void blake2b(std::string_view in, std::span<std::uint8_t> out);

}  // namespace paytick
