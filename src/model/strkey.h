#pragma once
// Stellar's text form of 32-byte keys (SEP-23): base32 of a version byte, the key and a CRC16 of both. 56
// characters, no padding; only the canonical text is accepted.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace paytick {

enum class StrkeyKind : std::uint8_t {
  account = 6 << 3,   // "G…", an ed25519 public key
  seed = 18 << 3,     // "S…", an ed25519 secret; never in an event, a log or an answer
  contract = 2 << 3,  // "C…"
};

using StrkeyBytes = std::array<std::uint8_t, 32>;

// Writes 56 characters and returns the end.
char* write_strkey(char* out, StrkeyKind kind, const StrkeyBytes& key);
std::optional<StrkeyBytes> parse_strkey(std::string_view text, StrkeyKind kind);

}  // namespace paytick
