#pragma once
// Platforms and their API keys. Only hashes of keys are kept, and a presented key is compared with all of
// them in constant time. Thread-safe after construction.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "model/ids.h"

namespace paytick::ingest {

using ApiKeyHash = std::array<std::uint8_t, 32>;

// BLAKE2b-256 of the key's text. Keys are long and random, so no slow hash is needed.
ApiKeyHash hash_api_key(std::string_view key);

struct Platform {
  PlatformId id;
  ApiKeyHash key{};
  bool backfill = false;  // may send heartbeats up to kLateMsMax old
};

class ApiKeys {
 public:
  explicit ApiKeys(std::vector<Platform> platforms) : platforms_(std::move(platforms)) {}

  // The platform behind an Authorization header ("Bearer <key>"), or nothing.
  std::optional<Platform> authenticate(std::string_view authorization) const;

 private:
  std::vector<Platform> platforms_;
};

}  // namespace paytick::ingest
