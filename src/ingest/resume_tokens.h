#pragma once
// Resume tokens: base64url(session id ‖ mac), where mac is BLAKE2b-128 of the session id under a 32-byte key.
// Whoever holds one may continue that session (the fold still checks viewer, meter and content). All gateways
// of an installation share the key; the fold never sees a token.
//
// Thread-safe after construction.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/ids.h"

namespace paytick::ingest {

class ResumeTokens {
 public:
  using Key = std::array<std::uint8_t, 32>;

  explicit ResumeTokens(const Key& key) : key_(key) {}

  using Token = std::array<char, 43>;  // its text
  Token issue(const SessionId& session) const;
  // Nothing for anything but a token that issue() gave under this key; compared in constant time.
  std::optional<SessionId> verify(std::string_view token) const;

 private:
  std::array<std::uint8_t, 16> mac(const SessionId& session) const;

  Key key_;
};

}  // namespace paytick::ingest
