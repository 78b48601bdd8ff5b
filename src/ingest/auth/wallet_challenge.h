#pragma once
// Proof that somebody has a wallet's key, as wallets give it (SEP-53, "Sign and Verify Messages"): paytick
// makes a message that says who asks and until when, the wallet shows it and signs it.
//
// Nothing is kept until a wallet has answered: the message itself carries a nonce and a MAC over all that it
// says, so that a flood of challenges costs no memory, and any gateway takes what another has given. A nonce
// is good once (LoginStore). The message names the page that asks, by the Origin that its browser sends: an
// answer is taken from that page alone.
//
// Pure; thread-safe after construction.

#include <optional>
#include <string>
#include <string_view>

#include "ingest/auth/secrets.h"
#include "model/error.h"
#include "model/ids.h"
#include "model/ports.h"
#include "model/time.h"

namespace paytick::ingest {

inline constexpr std::int64_t kChallengeMs = 5LL * 60 * 1'000;  // for a person to read and sign it
inline constexpr std::size_t kOriginBytesMax = 256;
inline constexpr std::size_t kChallengeBytesMax = 1'024;

using LoginNonce = Bytes<16, struct LoginNonceTag>;

// Whether `signature` is the account's over SHA-256("Stellar Signed Message:\n" ‖ message): base64, with or
// without line breaks around it.
bool verify_signed_message(const AccountId& account, std::string_view message, std::string_view signature);

class WalletChallenges {
 public:
  explicit WalletChallenges(const SecretBytes& installation);

  struct Challenge {
    std::string message;
    TimeMs expires;
  };
  // `origin` as the browser sent it; empty: a program asks. Code "bad_field" for an origin that is none.
  Result<Challenge> make(const AccountId& account, std::string_view origin, Random& random, TimeMs now) const;

  struct Answer {
    LoginNonce nonce;  // to be used up now
    TimeMs expires;
  };
  // Code "unauthorized" for whatever is not the message that make() gave for this account and origin, or is
  // late, or not signed by the account.
  Result<Answer> check(const AccountId& account, std::string_view origin, std::string_view message,
                       std::string_view signature, TimeMs now) const;

 private:
  std::string text(const AccountId& account, std::string_view origin, const LoginNonce& nonce,
                   TimeMs expires) const;

  const SecretBytes key_;
};

}  // namespace paytick::ingest
