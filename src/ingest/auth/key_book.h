#pragma once
// API keys and issuers of viewer tokens, in memory: what the topic `catalog` says of them, and the keys that
// the configuration names. Of a key there is its hash alone.
//
// Thread-safe.

#include <cstddef>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ingest/auth/identity.h"
#include "log/event_log.h"
#include "model/access.h"
#include "model/error.h"
#include "model/ports.h"

namespace paytick::ingest {

// "ptk_", the key's id, "_", and 32 random bytes in base64url.
inline constexpr std::size_t kApiKeyText = 4 + kShortIdText + 1 + kLongIdText;
// Keys and issuers that are remembered, revoked ones among them. More is refused with "too_many_keys".
inline constexpr std::size_t kKeysMax = 100'000;

// BLAKE2b-256 of the key's text. Keys are long and random, so no slow hash is needed.
KeyHash hash_api_key(std::string_view text);

// A key that the configuration names: of any text, good for as long as it stands there.
struct ConfiguredKey {
  PlatformId platform;  // none: the operator's
  KeyHash hash;
  Scopes scopes;
};

class KeyBook {
 public:
  explicit KeyBook(std::vector<ConfiguredKey> configured = {}) : configured_(std::move(configured)) {}

  void apply(const ApiKey& key);
  void apply(const TokenIssuer& issuer);

  // Who holds this key. Compares in constant time; that there is a key of this id is no secret.
  std::optional<Identity> find(std::string_view text) const;
  // A revoked one is none.
  std::optional<TokenIssuer> issuer(const KeyId& id) const;

  std::optional<ApiKey> api_key(const KeyId& id) const;  // also a revoked one, as issuers()
  std::optional<TokenIssuer> any_issuer(const KeyId& id) const;
  std::vector<ApiKey> api_keys() const;  // oldest first
  std::vector<TokenIssuer> issuers() const;
  std::size_t size() const;

 private:
  const std::vector<ConfiguredKey> configured_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<KeyId, ApiKey> keys_;
  std::unordered_map<KeyId, TokenIssuer> issuers_;
};

Scopes scopes_of(const ApiKey& key);  // an operator's key has all

// A new key: its text, which is shown once, and its record, whose hash and id are set.
struct NewApiKey {
  std::string text;
  ApiKey key;
};
NewApiKey make_api_key(Random& random);

// The records that put keys into the topic.
log::NewRecord key_record(const ApiKey& key, TimeMs append_time);
log::NewRecord key_record(const TokenIssuer& issuer, TimeMs append_time);

}  // namespace paytick::ingest
