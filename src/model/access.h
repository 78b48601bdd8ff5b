#pragma once
// Records of the topic `catalog` beside content: who may talk to paytick for a platform, or for the operator.
// Nothing in them is secret: an API key is there as a hash, an issuer of viewer tokens by its public key. A
// record's key in the topic is "key:" and the id; the newest record of an id counts.

#include <cstdint>
#include <string>

#include "model/ids.h"
#include "model/time.h"

namespace paytick {

using KeyHash = Bytes<32, struct KeyHashTag>;      // BLAKE2b-256 of an API key's text
using PublicKey = Bytes<32, struct PublicKeyTag>;  // ed25519

inline constexpr std::size_t kKeyLabelBytesMax = 100;

struct ApiKey {
  KeyId id;
  std::string label;    // 1 … kKeyLabelBytesMax bytes, for people
  PlatformId platform;  // whose it is; none: the operator's
  KeyHash hash;
  // What it may do. The operator's may do everything.
  bool ingest = false;     // send heartbeats
  bool backfill = false;   // send heartbeats up to kLateMsMax old
  bool catalogue = false;  // create and close content
  bool read = false;       // see what the platform's content earned
  TimeMs created_at;
  TimeMs revoked_at;  // 0: it is good
  friend bool operator==(const ApiKey&, const ApiKey&) = default;
};

// A platform's own key with which it signs tokens for its viewers (JWT, EdDSA; docs/access.md).
struct TokenIssuer {
  KeyId id;  // the tokens' `kid`
  std::string label;
  PlatformId platform;
  PublicKey public_key;
  TimeMs created_at;
  TimeMs revoked_at;
  friend bool operator==(const TokenIssuer&, const TokenIssuer&) = default;
};

}  // namespace paytick
