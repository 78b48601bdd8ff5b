#include "ingest/auth/secrets.h"

#include <sodium.h>

namespace paytick::ingest {

SecretBytes derive_secret(const SecretBytes& installation, std::string_view purpose) {
  return keyed_mac(installation, purpose);
}

SecretBytes keyed_mac(const SecretBytes& key, std::string_view text) {
  SecretBytes out{};
  crypto_generichash(out.data(), out.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                     key.data(), key.size());
  return out;
}

bool equal_secrets(const SecretBytes& a, const SecretBytes& b) {
  return sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace paytick::ingest
