#pragma once
// The tokens of a login: a session token for every request, good for minutes, and a refresh token that buys
// the next pair, good once.
//
// Both are a fixed layout under a keyed MAC, not JWTs and not signatures: only gateways read them, which
// share the key anyway; a MAC costs a hundredth of a signature's check, on every request; and there is no
// algorithm to confuse. Text: "pts_" or "ptr_" and base64url of
//   account 32 ‖ login 16 ‖ number 8 ‖ expires 8 (ms) ‖ mac 32
// where the MAC also covers which of the two it is.
//
// Thread-safe after construction.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ingest/auth/secrets.h"
#include "model/ids.h"
#include "model/time.h"

namespace paytick::ingest {

struct LoginToken {
  AccountId account;
  LoginId login;
  std::uint64_t number = 0;  // of the refresh that made it, from 0
  TimeMs expires;
  friend bool operator==(const LoginToken&, const LoginToken&) = default;
};

class SessionTokens {
 public:
  explicit SessionTokens(const SecretBytes& installation);

  static constexpr std::string_view kSessionPrefix = "pts_", kRefreshPrefix = "ptr_";

  std::string issue_session(const LoginToken& token) const { return issue(kSessionPrefix, token); }
  std::string issue_refresh(const LoginToken& token) const { return issue(kRefreshPrefix, token); }
  // Nothing for anything but what the function above gave, before it expires.
  std::optional<LoginToken> verify_session(std::string_view text, TimeMs now) const {
    return verify(kSessionPrefix, text, now);
  }
  std::optional<LoginToken> verify_refresh(std::string_view text, TimeMs now) const {
    return verify(kRefreshPrefix, text, now);
  }

 private:
  std::string issue(std::string_view prefix, const LoginToken& token) const;
  std::optional<LoginToken> verify(std::string_view prefix, std::string_view text, TimeMs now) const;

  const SecretBytes key_;
};

}  // namespace paytick::ingest
