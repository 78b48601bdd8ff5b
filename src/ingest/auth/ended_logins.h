#pragma once
// Logins that have ended while session tokens of theirs are still good: those are refused here at once. Other
// gateways refuse them when they expire, which is minutes later.
//
// Thread-safe.

#include <cstddef>
#include <shared_mutex>
#include <unordered_map>

#include "ingest/auth/session_tokens.h"
#include "model/time.h"

namespace paytick::ingest {

// About 10 MB. Beyond it a login's tokens end by expiring, as on other gateways.
inline constexpr std::size_t kEndedLoginsMax = 200'000;

class EndedLogins {
 public:
  // `until`: no token of it is good then.
  void add(const LoginId& login, TimeMs until, TimeMs now);
  bool contains(const LoginId& login) const;

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<LoginId, TimeMs> ended_;
  std::size_t sweep_at_ = 1'024;
};

}  // namespace paytick::ingest
