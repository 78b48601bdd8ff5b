#pragma once
// The operator's endpoints for keys (docs/access.md):
//   POST   /v1/keys {"label", "operator":true | "platform" and "scopes":[…]}  → 201, with "key", shown once
//   POST   /v1/keys {"label", "platform", "viewerKey":"<ed25519, base64url>"} → 201: tokens of viewers under
//   it GET    /v1/keys                                                           → {"items":[…],"next":null}
//   DELETE /v1/keys/:id                                                       → 200: it is good no more
// Without "platform" a new platform begins.

#include "ingest/auth/key_book.h"
#include "ingest/http_routes.h"
#include "log/event_log.h"
#include "model/ports.h"

namespace paytick::ingest {

class KeyDesk {
 public:
  // All of it outlives the desk, and the desk the routes.
  struct Parts {
    KeyBook& keys;
    log::EventLog& log;
    WallClock& clock;
    Random& random;
  };
  explicit KeyDesk(const Parts& parts) : parts_(parts) {}

  void add_routes(HttpRoutes& routes) const;

 private:
  HttpResponse create(const HttpRequest& request) const;
  HttpResponse create_issuer(const std::string& label, const std::string& platform,
                             const std::string& public_key) const;
  HttpResponse list(const HttpRequest& request) const;
  HttpResponse revoke(const HttpRequest& request) const;
  // Good everywhere once it is written: here at once, at other gateways when they have read it.
  template <typename Key>
  Result<void> write(const Key& key) const;

  const Parts parts_;
};

}  // namespace paytick::ingest
