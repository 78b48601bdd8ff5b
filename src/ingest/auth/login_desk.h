#pragma once
// Logging in with a wallet, staying logged in, and logging out: challenge, answer, a pair of tokens, the next
// pair for a refresh token. A refresh token that is used a second time has been copied: the login ends, for
// whoever holds either pair.
//
// Thread-safe; calls block on the store, the challenge does not.

#include <string>
#include <string_view>

#include "ingest/auth/ended_logins.h"
#include "ingest/auth/login_store.h"
#include "ingest/auth/session_tokens.h"
#include "ingest/auth/wallet_challenge.h"
#include "model/ports.h"

namespace paytick::ingest {

inline constexpr std::int64_t kSessionTokenMs = 15LL * 60 * 1'000;  // a logout elsewhere waits so long
inline constexpr std::int64_t kRefreshTokenMs = 30LL * 24 * 60 * 60 * 1'000;  // of silence, then log in again

class LoginDesk {
 public:
  struct Parts {
    const WalletChallenges& challenges;
    const SessionTokens& tokens;
    EndedLogins& ended;
    LoginStore& store;
    WallClock& clock;
    Random& random;
  };
  explicit LoginDesk(const Parts& parts) : parts_(parts) {}

  struct Tokens {
    AccountId account;
    std::string session, refresh;
    TimeMs session_expires, refresh_expires;
  };

  Result<WalletChallenges::Challenge> challenge(const AccountId& account, std::string_view origin) const;
  // Codes "unauthorized", and the store's.
  Result<Tokens> login(const AccountId& account, std::string_view origin, std::string_view message,
                       std::string_view signature) const;
  Result<Tokens> refresh(std::string_view refresh_token) const;
  // Of a session token or a refresh token that is good.
  Result<void> logout(std::string_view token) const;

 private:
  Tokens issue(LoginToken token, TimeMs now) const;

  const Parts parts_;
};

}  // namespace paytick::ingest
