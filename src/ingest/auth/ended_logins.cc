#include "ingest/auth/ended_logins.h"

#include <algorithm>
#include <mutex>

namespace paytick::ingest {

void EndedLogins::add(const LoginId& login, TimeMs until, TimeMs now) {
  const std::unique_lock lock(mutex_);
  if (ended_.size() >= sweep_at_) {
    std::erase_if(ended_, [now](const auto& entry) { return entry.second <= now; });
    sweep_at_ = std::max<std::size_t>(1'024, 2 * ended_.size());
  }
  if (ended_.size() < kEndedLoginsMax) ended_[login] = until;
}

bool EndedLogins::contains(const LoginId& login) const {
  const std::shared_lock lock(mutex_);
  return ended_.contains(login);
}

}  // namespace paytick::ingest
