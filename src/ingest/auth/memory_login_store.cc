#include "ingest/auth/memory_login_store.h"

#include <algorithm>

#include "ingest/errors.h"

namespace paytick::ingest {

void MemoryLoginStore::sweep(TimeMs now) {
  if (nonces_.size() + logins_.size() < sweep_at_) return;
  std::erase_if(nonces_, [now](const auto& entry) { return entry.second <= now; });
  std::erase_if(logins_, [now](const auto& entry) { return entry.second.expires <= now; });
  sweep_at_ = std::max<std::size_t>(1'024, 2 * (nonces_.size() + logins_.size()));
}

Result<bool> MemoryLoginStore::begin(const LoginNonce& nonce, TimeMs nonce_expires, const LoginToken& login,
                                     TimeMs now) {
  const std::lock_guard lock(mutex_);
  sweep(now);
  if (logins_.size() >= kLoginsMax || nonces_.size() >= kLoginsMax)
    return fail(code::kTryAgain, "Too many people are logged in; try again later.", Next::retry);
  if (!nonces_.emplace(nonce, nonce_expires).second) return false;
  logins_[login.login] = {login.number, login.expires};
  return true;
}

Result<LoginStore::Advance> MemoryLoginStore::advance(const LoginId& login, std::uint64_t number,
                                                      TimeMs expires, TimeMs now) {
  const std::lock_guard lock(mutex_);
  const auto it = logins_.find(login);
  if (it == logins_.end() || it->second.expires <= now) return Advance::ended;
  if (it->second.number != number) {
    logins_.erase(it);
    return Advance::reused;
  }
  it->second = {number + 1, expires};
  return Advance::done;
}

Result<void> MemoryLoginStore::end(const LoginId& login) {
  const std::lock_guard lock(mutex_);
  logins_.erase(login);
  return {};
}

}  // namespace paytick::ingest
