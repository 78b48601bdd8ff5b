#include "ingest/auth/auth.h"

namespace paytick::ingest {

Auth::Auth(const AuthConfig& config, const MeterDirectory& meters, WallClock& clock)
    : keys(config.keys),
      sessions(config.installation),
      viewers(keys, config.audience),
      authenticator({keys, sessions, ended, viewers, meters, clock, config.development}) {}

}  // namespace paytick::ingest
