#pragma once
// A wallet that signs as SEP-53 has it, a clock and randomness that the test holds.

#include <sodium.h>

#include <array>
#include <string>

#include "ingest/auth/base64.h"
#include "ingest/auth/secrets.h"
#include "model/ports.h"

namespace paytick::ingest::testing {

inline SecretBytes secret(std::uint8_t fill) {
  SecretBytes bytes{};
  bytes.fill(fill);
  return bytes;
}

class HeldClock : public WallClock {
 public:
  TimeMs now() override { return time; }
  TimeMs time{1'790'000'000'000};
};

class CountingRandom : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(next_++ * 167 >> 3);
  }

 private:
  std::uint32_t next_ = 1;
};

class Wallet {
 public:
  explicit Wallet(const SecretBytes& seed) {
    crypto_sign_seed_keypair(account.bytes.data(), key_.data(), seed.data());
  }
  std::string sign_raw(std::string_view bytes) const {
    std::string signature(crypto_sign_BYTES, '\0');
    crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr,
                         reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), key_.data());
    return signature;
  }
  // As a wallet gives it: base64 of the signature over the hash of prefix and message.
  std::string sign(const std::string& message,
                   const std::string& prefix = "Stellar Signed Message:\n") const {
    const std::string whole = prefix + message;
    std::string hash(crypto_hash_sha256_BYTES, '\0');
    crypto_hash_sha256(reinterpret_cast<unsigned char*>(hash.data()),
                       reinterpret_cast<const unsigned char*>(whole.data()), whole.size());
    const std::string signature = sign_raw(hash);
    std::string text(sodium_base64_ENCODED_LEN(64, sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(signature.data()), 64,
                      sodium_base64_VARIANT_ORIGINAL);
    text.pop_back();
    return text;
  }

  AccountId account;

 private:
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> key_{};
};

}  // namespace paytick::ingest::testing
