#pragma once
// Says who is behind a request, from memory alone. A credential that is not good makes nobody of whoever
// shows it; which endpoint asks for whom, the endpoint says (identity.h).
//
//   Authorization: Bearer ptk_…        an API key of a platform or of the operator (key_book.h)
//   Authorization: Bearer pts_…        the session token of a wallet login (session_tokens.h)
//   Authorization: Bearer <JWT>        a token that a platform has given its viewer (viewer_tokens.h)
//   ?meter=C…, no Authorization        in development mode alone: the viewer of that meter
//
// Thread-safe.

#include <string_view>

#include "ingest/auth/ended_logins.h"
#include "ingest/auth/identity.h"
#include "ingest/auth/key_book.h"
#include "ingest/auth/session_tokens.h"
#include "ingest/auth/viewer_tokens.h"
#include "ingest/meter_directory.h"
#include "model/ports.h"

namespace paytick::ingest {

class Authenticator {
 public:
  // All of it outlives the authenticator.
  struct Parts {
    const KeyBook& keys;
    const SessionTokens& sessions;
    const EndedLogins& ended;
    const ViewerTokens& viewers;
    const MeterDirectory& meters;
    WallClock& clock;
    bool development = false;
  };
  explicit Authenticator(const Parts& parts) : parts_(parts) {}

  // The value of the header Authorization, and the request's query, still encoded.
  Identity identify(std::string_view authorization, std::string_view query = {}) const;
  // A credential without "Bearer", as sockets bring it.
  Identity identify_token(std::string_view token) const;

 private:
  const Parts parts_;
};

}  // namespace paytick::ingest
