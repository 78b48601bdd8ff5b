#pragma once
// Base64 as tokens and wallets use it, by libsodium.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace paytick::ingest {

std::string to_base64url(std::string_view bytes);  // unpadded (RFC 4648 §5)
// At most `bytes_max` bytes; nothing for anything that is not the canonical text.
std::optional<std::string> from_base64url(std::string_view text, std::size_t bytes_max);
// The ordinary alphabet with padding, as wallets give signatures.
std::optional<std::string> from_base64(std::string_view text, std::size_t bytes_max);

inline std::string_view as_text(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace paytick::ingest
