#pragma once
// Everything by which a gateway knows who somebody is, in one place: the gateway owns one, its follower feeds
// the keys, its lanes ask the authenticator.

#include <memory>
#include <string>
#include <vector>

#include "ingest/auth/authenticator.h"
#include "ingest/auth/ended_logins.h"
#include "ingest/auth/key_book.h"
#include "ingest/auth/key_routes.h"
#include "ingest/auth/login_desk.h"
#include "ingest/auth/play_tokens.h"
#include "ingest/auth/session_tokens.h"
#include "ingest/auth/viewer_tokens.h"
#include "ingest/auth/wallet_challenge.h"
#include "log/event_log.h"

namespace paytick::ingest {

struct AuthConfig {
  SecretBytes installation{};       // the secret that all gateways of an installation share
  std::vector<ConfiguredKey> keys;  // beside those in the catalogue
  std::string audience;             // `aud` of viewer tokens
  bool development = false;
  std::vector<SecretBytes> play_seeds;  // see PlayTokens
  std::int64_t play_grace_ms = 0;
};

struct Auth {
  struct Ports {
    const MeterDirectory& meters;
    log::EventLog& log;
    WallClock& clock;
    Random& random;
    LoginStore* logins;  // null: in memory, so that a restart ends every login
  };
  Auth(const AuthConfig& config, const Ports& ports);
  Auth(const Auth&) = delete;
  Auth& operator=(const Auth&) = delete;

  // Last of all, so that GET /v1/routes shows the others; `routes` outlives what it answers.
  void add_routes(HttpRoutes& routes) const;

  KeyBook keys;
  const SessionTokens sessions;
  EndedLogins ended;
  const ViewerTokens viewers;
  const WalletChallenges challenges;
  const PlayTokens play;
  const std::unique_ptr<LoginStore> own_logins;
  const LoginDesk logins;
  const KeyDesk key_desk;
  const Authenticator authenticator;
};

}  // namespace paytick::ingest
