#pragma once
// What gateways must agree on about logins: which challenges were answered, and which refresh of a login is
// the newest. A port: PostgreSQL where there is a database (app/logins), memory where there is one process
// (memory_login_store.h).
//
// Errors are those of the database: "database_away" and "in_doubt" may be tried again.
// Thread-safe; calls block.

#include "ingest/auth/session_tokens.h"
#include "ingest/auth/wallet_challenge.h"
#include "model/error.h"

namespace paytick::ingest {

class LoginStore {
 public:
  virtual ~LoginStore() = default;

  // Uses the nonce up and begins the login, both or neither: false if the nonce was used before.
  virtual Result<bool> begin(const LoginNonce& nonce, TimeMs nonce_expires, const LoginToken& login,
                             TimeMs now) = 0;

  enum class Advance : std::uint8_t {
    done,    // `number` was the newest; number + 1 is now
    reused,  // an older one: somebody has copied it. The login has ended
    ended    // there is no such login, or no more
  };
  virtual Result<Advance> advance(const LoginId& login, std::uint64_t number, TimeMs expires, TimeMs now) = 0;

  // The same when it had ended before.
  virtual Result<void> end(const LoginId& login) = 0;
};

}  // namespace paytick::ingest
