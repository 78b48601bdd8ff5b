#include "ingest/auth/authenticator.h"

#include "ingest/auth/jwt.h"
#include "ingest/http_routes.h"

namespace paytick::ingest {
namespace {

constexpr std::string_view kScheme = "bearer ";

bool has_scheme(std::string_view header) {
  if (header.size() <= kScheme.size()) return false;
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = header[i];
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lower != kScheme[i]) return false;
  }
  return true;
}

}  // namespace

Identity Authenticator::identify(std::string_view authorization, std::string_view query) const {
  if (has_scheme(authorization)) return identify_token(authorization.substr(kScheme.size()));
  if (!authorization.empty() || !parts_.development) return {};
  const auto text = query_param(query, "meter");
  const auto meter = text ? parse_id<MeterId>(*text) : std::nullopt;
  const auto viewer = meter ? parts_.meters.viewer_of(*meter) : std::nullopt;
  if (!viewer) return {};
  Identity who;
  who.role = Role::viewer;
  who.account = *viewer;
  who.key_id = "development";
  return who;
}

Identity Authenticator::identify_token(std::string_view token) const {
  if (token.empty() || token.size() > kJwtBytesMax) return {};
  if (auto who = parts_.keys.find(token)) return std::move(*who);
  const TimeMs now = parts_.clock.now();
  if (token.starts_with(SessionTokens::kSessionPrefix)) {
    const auto session = parts_.sessions.verify_session(token, now);
    if (!session || parts_.ended.contains(session->login)) return {};
    Identity who;
    who.role = Role::creator;
    who.account = session->account;
    who.key_id = to_text(session->login);
    who.expires = session->expires;
    return who;
  }
  if (auto who = parts_.viewers.verify(token, now)) return std::move(*who);
  return {};
}

}  // namespace paytick::ingest
