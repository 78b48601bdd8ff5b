#pragma once
// ed25519 keys by libsodium. A SecretKey is wiped when it goes; there is no way to print one but seed_text(),
// which only development mode calls, to hand a key to its owner.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "model/error.h"
#include "model/ids.h"

namespace paytick::chain {

using Signature = std::array<std::uint8_t, 64>;

class SecretKey {
 public:
  // From "S…" (SEP-23). Error code "bad_secret"; the message never repeats the text.
  static Result<SecretKey> parse(std::string_view seed_text);
  static SecretKey from_seed(std::span<const std::uint8_t, 32> seed);

  SecretKey(const SecretKey& other) = default;
  SecretKey& operator=(const SecretKey& other) = default;
  ~SecretKey();

  AccountId account() const;
  Signature sign(std::string_view message) const;
  std::string seed_text() const;

 private:
  SecretKey() = default;
  std::array<std::uint8_t, 64> key_{};  // seed ‖ public key, libsodium's layout
};

bool verify(const AccountId& account, std::string_view message, const Signature& signature);

}  // namespace paytick::chain
