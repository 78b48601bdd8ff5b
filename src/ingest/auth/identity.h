#pragma once
// Who is behind a request or a socket, and the questions that an endpoint asks about it. Pure values.
//
// An endpoint asks for what it needs, and passes the refusal on:
//
//   const auto viewer = require_viewer(request.who);
//   if (!viewer) return refusal(viewer.error());     // "unauthorized" (401) or "forbidden" (403)

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/ids.h"
#include "model/time.h"

namespace paytick::ingest {

enum class Role : std::uint8_t {
  nobody,    // no credential, or none that is good
  viewer,    // a viewer by a token that a platform has issued; or by ?meter= in development mode
  creator,   // who has logged in with a wallet: the creator of that account, and its viewer as well
  platform,  // an API key of a platform
  operator_  // an API key of the operator: may do everything that is not a viewer's own
};
std::string_view to_text(Role role);

enum class Scope : std::uint8_t {
  ingest = 1,     // heartbeats
  backfill = 2,   // heartbeats up to kLateMsMax old
  catalogue = 4,  // content
  read = 8        // what the platform's own content earned
};
struct Scopes {
  std::uint8_t bits = 0;
  constexpr bool has(Scope scope) const { return (bits & static_cast<std::uint8_t>(scope)) != 0; }
  constexpr Scopes with(Scope scope, bool wanted = true) const {
    return wanted ? Scopes{static_cast<std::uint8_t>(bits | static_cast<std::uint8_t>(scope))} : *this;
  }
  static constexpr Scopes all() { return {15}; }
  friend bool operator==(const Scopes&, const Scopes&) = default;
};
std::optional<Scope> parse_scope(std::string_view word);  // "ingest", "backfill", "catalogue", "read"
std::vector<std::string> words_of(const Scopes& scopes);  // in the order of their bits

struct Identity {
  Role role = Role::nobody;
  AccountId account;    // of a viewer or creator
  PlatformId platform;  // of a platform; of a viewer whose token a platform has issued
  Scopes scopes;        // of a platform or operator
  std::string key_id;   // of the key, the issuer or the login, for logs
  TimeMs expires{};     // of the token; 0: it is good until it is revoked

  // A person, who acts for the viewer `account`.
  bool is_viewer() const { return role == Role::viewer || role == Role::creator; }
  // Whether it is this viewer, or this creator: never so for platforms and operators.
  bool is_viewer(const ViewerId& viewer) const { return is_viewer() && account == viewer; }
  bool is_creator(const CreatorId& creator) const { return role == Role::creator && account == creator; }
  bool is_operator() const { return role == Role::operator_; }
};

// Codes "unauthorized": nobody is there; "forbidden": somebody else is.
Result<ViewerId> require_viewer(const Identity& who);
Result<void> require_viewer(const Identity& who, const ViewerId& viewer);  // this one
Result<CreatorId> require_creator(const Identity& who);
Result<void> require_creator(const Identity& who, const CreatorId& creator);  // this one
// A platform whose key has the scope. The operator is no platform.
Result<PlatformId> require_platform(const Identity& who, Scope scope);
Result<void> require_operator(const Identity& who);

}  // namespace paytick::ingest
