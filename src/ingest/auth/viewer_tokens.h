#pragma once
// Viewer tokens: a platform says who its viewer is, by a JWT under a key that the operator has registered for
// it (TokenIssuer). Claims: `iss` the platform's id, `sub` the viewer's account (G…), `aud` the audience of
// this installation (a text, or a list that holds it), `exp`, and optionally `nbf` and `iat`, in seconds.
//
// Thread-safe.

#include <optional>
#include <string>
#include <string_view>

#include "ingest/auth/key_book.h"
#include "model/time.h"

namespace paytick::ingest {

inline constexpr std::int64_t kViewerTokenMsMax =
    24LL * 60 * 60 * 1'000;                           // from now to exp: it cannot be revoked
inline constexpr std::int64_t kClockSkewMs = 30'000;  // between us and a platform

class ViewerTokens {
 public:
  ViewerTokens(const KeyBook& keys, std::string audience) : keys_(keys), audience_(std::move(audience)) {}

  // Its viewer, with the platform that says so.
  std::optional<Identity> verify(std::string_view token, TimeMs now) const;

 private:
  const KeyBook& keys_;
  const std::string audience_;
};

}  // namespace paytick::ingest
