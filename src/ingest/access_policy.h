#pragma once
// Who may talk to the gateway from where. Pure.
//
// Development mode has no logins, so it must stay on the machine: it binds to loopback only, refuses the
// public network's passphrase, refuses whatever came through a proxy, and refuses browsers' pages of other
// sites (a foreign Origin, or a foreign Host after DNS rebinding).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace paytick::ingest {

inline constexpr std::string_view kPublicPassphrase = "Public Global Stellar Network ; September 2015";

struct AccessPolicy {
  bool development = false;
  std::vector<std::string> allowed_origins;  // outside development: "https://example.org", or "*"
};

// What the headers of a request say; empty where a header is absent.
struct RequestOrigin {
  std::string_view host;
  std::string_view origin;
  bool forwarded = false;  // Forwarded, X-Forwarded-*, X-Real-IP or Via is there
};

// Codes "not_loopback" and "public_network": development mode must not start like this.
Result<void> check_start(const AccessPolicy& policy, std::string_view address, std::string_view passphrase);

// Code "forbidden".
Result<void> check_request(const AccessPolicy& policy, const RequestOrigin& from);

// Whether a page of this origin may read the answer (Access-Control-Allow-Origin).
bool allows_origin(const AccessPolicy& policy, std::string_view origin);

// "localhost", "127.0.0.1" or "[::1]", with or without a port.
bool is_local_authority(std::string_view authority);

}  // namespace paytick::ingest
