#include "chain/keys.h"

#include <sodium.h>

#include <algorithm>

#include "model/strkey.h"

namespace paytick::chain {

Result<SecretKey> SecretKey::parse(std::string_view seed_text) {
  auto seed = parse_strkey(seed_text, StrkeyKind::seed);
  if (!seed) return fail("bad_secret", "This is not a Stellar secret key: 56 characters that begin with S.");
  SecretKey key = from_seed(*seed);
  sodium_memzero(seed->data(), seed->size());
  return key;
}

SecretKey SecretKey::from_seed(std::span<const std::uint8_t, 32> seed) {
  SecretKey key;
  AccountId account;
  crypto_sign_seed_keypair(account.bytes.data(), key.key_.data(), seed.data());
  return key;
}

SecretKey::~SecretKey() { sodium_memzero(key_.data(), key_.size()); }

AccountId SecretKey::account() const {
  AccountId account;
  std::copy(key_.begin() + 32, key_.end(), account.bytes.begin());
  return account;
}

Signature SecretKey::sign(std::string_view message) const {
  Signature signature{};
  crypto_sign_detached(signature.data(), nullptr, reinterpret_cast<const unsigned char*>(message.data()),
                       message.size(), key_.data());
  return signature;
}

std::string SecretKey::seed_text() const {
  StrkeyBytes seed{};
  std::copy(key_.begin(), key_.begin() + 32, seed.begin());
  std::string text(kStrkeyText, '\0');
  write_strkey(text.data(), StrkeyKind::seed, seed);
  sodium_memzero(seed.data(), seed.size());
  return text;
}

bool verify(const AccountId& account, std::string_view message, const Signature& signature) {
  return crypto_sign_verify_detached(signature.data(), reinterpret_cast<const unsigned char*>(message.data()),
                                     message.size(), account.bytes.data()) == 0;
}

}  // namespace paytick::chain
