#pragma once
// Logins in PostgreSQL, so that all gateways agree: a challenge is answered once, a refresh token used once,
// wherever they arrive. In a schema of its own, `paytick_logins`: it is no view of the log, and a replay
// leaves it alone. What is not there any more is not missed: the wallet logs in again.
//
// Thread-safe; connects when it is first asked.

#include <memory>
#include <string>

#include "ingest/auth/login_store.h"

namespace paytick::app {

class PostgresLogins : public ingest::LoginStore {
 public:
  explicit PostgresLogins(std::string url);
  ~PostgresLogins() override;

  Result<bool> begin(const ingest::LoginNonce& nonce, TimeMs nonce_expires, const ingest::LoginToken& login,
                     TimeMs now) override;
  Result<Advance> advance(const LoginId& login, std::uint64_t number, TimeMs expires, TimeMs now) override;
  Result<void> end(const LoginId& login) override;

 private:
  template <typename Work>
  auto ask(const Work& work);

  const std::string url_;
  struct Pool;
  const std::unique_ptr<Pool> pool_;
};

}  // namespace paytick::app
