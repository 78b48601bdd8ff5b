#include "ingest/auth/auth.h"

#include "ingest/auth/login_routes.h"
#include "ingest/auth/memory_login_store.h"
#include "ingest/json_answer.h"

namespace paytick::ingest {
namespace {

// What the server answers itself (server/http_session.cc).
constexpr const char* kServersOwn[] = {
    "POST /v1/heartbeats",         "GET /api/content", "POST /api/content", "GET /api/content/:id",
    "POST /api/content/:id/close", "GET /api/videos",  "POST /api/videos",  "GET /api/videos/:id",
    "POST /api/videos/:id/close"};

}  // namespace

Auth::Auth(const AuthConfig& config, const Ports& ports)
    : keys(config.keys),
      sessions(config.installation),
      viewers(keys, config.audience),
      challenges(config.installation),
      play(config.installation, config.play_seeds, config.play_grace_ms),
      own_logins(ports.logins == nullptr ? std::make_unique<MemoryLoginStore>() : nullptr),
      logins({challenges, sessions, ended, ports.logins == nullptr ? *own_logins : *ports.logins, ports.clock,
              ports.random}),
      key_desk({keys, ports.log, ports.clock, ports.random}),
      authenticator({keys, sessions, ended, viewers, ports.meters, ports.clock, config.development}) {}

void Auth::add_routes(HttpRoutes& routes) const {
  add_login_routes(routes, logins, play);
  key_desk.add_routes(routes);
  routes.add("GET", "/v1/routes", RunOn::loop, [&routes](const HttpRequest& request) {
    if (auto may = require_operator(request.who); !may) return error_response(may.error());
    JsonAnswer json;
    std::vector<std::string> lines(std::begin(kServersOwn), std::end(kServersOwn));
    for (std::string& line : routes.list()) lines.push_back(std::move(line));
    return json.texts("items", lines).null("next").response();
  });
}

}  // namespace paytick::ingest
