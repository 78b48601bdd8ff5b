#pragma once
// Every key that gateways share is derived from one secret of the installation, so that there is one thing to
// keep, and one to rotate. Each use has a key of its own: what one of them gives away says nothing of
// another.

#include <array>
#include <cstdint>
#include <string_view>

namespace paytick::ingest {

using SecretBytes = std::array<std::uint8_t, 32>;

// Keyed BLAKE2b-256 of the purpose, a short constant text.
SecretBytes derive_secret(const SecretBytes& installation, std::string_view purpose);

// BLAKE2b-256 of `text` under `key`; compare with equal_secrets.
SecretBytes keyed_mac(const SecretBytes& key, std::string_view text);
// In constant time.
bool equal_secrets(const SecretBytes& a, const SecretBytes& b);

}  // namespace paytick::ingest
