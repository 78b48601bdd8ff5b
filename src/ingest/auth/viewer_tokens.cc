#include "ingest/auth/viewer_tokens.h"

#include "ingest/auth/jwt.h"
#include "model/json.h"

namespace paytick::ingest {
namespace {

std::optional<std::string_view> text_of(json::Value object, std::string_view name) {
  const auto member = object.member(name);
  return member && !member.repeated ? member.value().string() : std::nullopt;
}

// Seconds, whole ones, as milliseconds; nothing when it is absent or no sensible time.
std::optional<TimeMs> time_of(json::Value object, std::string_view name) {
  const auto member = object.member(name);
  if (!member || member.repeated) return std::nullopt;
  const auto seconds = member.value().integer();
  if (!seconds || *seconds < 0 || *seconds > kTimeMax.ms / 1'000) return std::nullopt;
  return TimeMs{*seconds * 1'000};
}

bool holds_audience(json::Value object, const std::string& audience) {
  const auto member = object.member("aud");
  if (!member || member.repeated) return false;
  if (!member.value().is_array()) return member.value().string() == audience;
  bool found = false;
  member.value().each([&](json::Value one) {
    found = one.string() == audience;
    return !found;
  });
  return found;
}

bool in_time(json::Value claims, TimeMs now) {
  const auto expires = time_of(claims, "exp");
  if (!expires || now - *expires >= kClockSkewMs || *expires - now > kViewerTokenMsMax) return false;
  for (const std::string_view from : {"nbf", "iat"}) {
    if (!claims.member(from)) continue;
    const auto begins = time_of(claims, from);
    if (!begins || *begins - now > kClockSkewMs) return false;
  }
  return true;
}

}  // namespace

std::optional<Identity> ViewerTokens::verify(std::string_view token, TimeMs now) const {
  auto jwt = split_jwt(token);
  if (!jwt || (!jwt->typ.empty() && jwt->typ != "JWT")) return std::nullopt;  // a play token is another thing
  const auto kid = parse_id<KeyId>(jwt->kid);
  const auto issuer = kid ? keys_.issuer(*kid) : std::nullopt;
  if (!issuer || !verify_jwt(*jwt, issuer->public_key)) return std::nullopt;
  json::Document document;
  const auto claims = document.parse(jwt->payload.data(), jwt->payload.size());
  if (!claims || !claims->is_object()) return std::nullopt;
  const auto subject = text_of(*claims, "sub");
  const auto account = subject ? parse_id<AccountId>(*subject) : std::nullopt;
  if (!account || text_of(*claims, "iss") != to_text(issuer->platform) ||
      !holds_audience(*claims, audience_) || !in_time(*claims, now)) {
    return std::nullopt;
  }
  Identity who;
  who.role = Role::viewer;
  who.account = *account;
  who.platform = issuer->platform;
  who.key_id = jwt->kid;
  who.expires = *time_of(*claims, "exp");
  return who;
}

}  // namespace paytick::ingest
