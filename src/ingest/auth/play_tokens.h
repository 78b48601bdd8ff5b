#pragma once
// Play tokens: what a CDN or a media server checks before it gives out a segment, without asking paytick. A
// JWT (EdDSA, typ "play+jwt") with the claims
//   aud "play", session, content, attachment, iat, exp = paidUntil + grace, in seconds, rounded up
// checked against GET /.well-known/jwks.json (docs/play-tokens.md). Who pays no more gets no newer one.
//
// Thread-safe after construction.

#include <span>
#include <string>
#include <vector>

#include "ingest/auth/jwt.h"
#include "model/ids.h"
#include "model/time.h"

namespace paytick::ingest {

inline constexpr std::string_view kPlayTokenType = "play+jwt";
inline constexpr std::size_t kPlayKeysMax = 8;

class PlayTokens {
 public:
  // The first seed signs; the keys of the others are shown as well, for tokens that were signed with them.
  // None: one is derived from the installation's secret.
  PlayTokens(const SecretBytes& installation, std::span<const SecretBytes> seeds, std::int64_t grace_ms);

  struct Order {
    SessionId session;
    ContentId content;
    AttachmentId attachment;
    TimeMs paid_until;
  };
  std::string issue(const Order& order, TimeMs now) const;
  // When the token of such an order ends.
  TimeMs expires(TimeMs paid_until) const;
  // {"keys":[…]} (RFC 7517)
  const std::string& jwks() const { return jwks_; }

 private:
  std::vector<JwtSigner> signers_;
  std::int64_t grace_ms_;
  std::string jwks_;
};

}  // namespace paytick::ingest
