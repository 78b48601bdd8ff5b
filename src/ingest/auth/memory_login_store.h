#pragma once
// Logins of one process: where there is no database, and in tests. A restart ends them all.

#include <cstddef>
#include <mutex>
#include <unordered_map>

#include "ingest/auth/login_store.h"

namespace paytick::ingest {

class MemoryLoginStore : public LoginStore {
 public:
  // About 200 bytes each. Beyond it a login is refused, "try_again".
  static constexpr std::size_t kLoginsMax = 200'000;

  Result<bool> begin(const LoginNonce& nonce, TimeMs nonce_expires, const LoginToken& login,
                     TimeMs now) override;
  Result<Advance> advance(const LoginId& login, std::uint64_t number, TimeMs expires, TimeMs now) override;
  Result<void> end(const LoginId& login) override;

 private:
  struct Entry {
    std::uint64_t number = 0;
    TimeMs expires;
  };
  void sweep(TimeMs now);

  std::mutex mutex_;
  std::unordered_map<LoginNonce, TimeMs> nonces_;
  std::unordered_map<LoginId, Entry> logins_;
  std::size_t sweep_at_ = 1'024;
};

}  // namespace paytick::ingest
