#pragma once
// The endpoints of logging in (docs/access.md):
//   POST /v1/login/challenge {"account"}                       → {"message","expiresAt"}
//   POST /v1/login {"account","message","signature"}           →
//   {"token","refreshToken","account","expiresAt",
//                                                                 "refreshExpiresAt"}
//   POST /v1/login/refresh {"refreshToken"}                    → the same
//   POST /v1/logout, with the session token                    → 204
//   GET  /v1/me                                                → {"role",…}
//   GET  /.well-known/jwks.json                                → the keys of play tokens

#include "ingest/auth/login_desk.h"
#include "ingest/auth/play_tokens.h"
#include "ingest/http_routes.h"

namespace paytick::ingest {

// Both outlive the routes.
void add_login_routes(HttpRoutes& routes, const LoginDesk& desk, const PlayTokens& play);

}  // namespace paytick::ingest
