#pragma once
// Everything by which a gateway knows who somebody is, in one place: the gateway owns one, its follower feeds
// the keys, its lanes ask the authenticator.

#include <string>
#include <vector>

#include "ingest/auth/authenticator.h"
#include "ingest/auth/ended_logins.h"
#include "ingest/auth/key_book.h"
#include "ingest/auth/session_tokens.h"
#include "ingest/auth/viewer_tokens.h"

namespace paytick::ingest {

struct AuthConfig {
  SecretBytes installation{};       // the secret that all gateways of an installation share
  std::vector<ConfiguredKey> keys;  // beside those in the catalogue
  std::string audience;             // `aud` of viewer tokens
  bool development = false;
};

struct Auth {
  Auth(const AuthConfig& config, const MeterDirectory& meters, WallClock& clock);
  Auth(const Auth&) = delete;
  Auth& operator=(const Auth&) = delete;

  KeyBook keys;
  const SessionTokens sessions;
  EndedLogins ended;
  const ViewerTokens viewers;
  const Authenticator authenticator;
};

}  // namespace paytick::ingest
