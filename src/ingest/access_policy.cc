#include "ingest/access_policy.h"

#include <algorithm>

#include "ingest/errors.h"

namespace paytick::ingest {
namespace {

std::optional<std::string_view> authority_of(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return origin.substr(scheme.size());
  }
  return std::nullopt;
}

}  // namespace

bool is_local_authority(std::string_view authority) {
  for (const std::string_view name : {"localhost", "127.0.0.1", "[::1]"}) {
    if (!authority.starts_with(name)) continue;
    const std::string_view rest = authority.substr(name.size());
    if (rest.empty()) return true;
    return rest.size() > 1 && rest.size() <= 6 && rest[0] == ':' &&
           std::ranges::all_of(rest.substr(1), [](char c) { return c >= '0' && c <= '9'; });
  }
  return false;
}

Result<void> check_start(const AccessPolicy& policy, std::string_view address, std::string_view passphrase) {
  if (!policy.development) return {};
  if (address != "127.0.0.1" && address != "::1" && address != "localhost") {
    return fail("not_loopback",
                "Development mode has no logins and listens on 127.0.0.1 or ::1 only, not on " +
                    std::string(address) + ".");
  }
  if (passphrase == kPublicPassphrase) {
    return fail("public_network",
                "Development mode refuses the public network: its money is real and there are no logins.");
  }
  return {};
}

Result<void> check_request(const AccessPolicy& policy, const RequestOrigin& from) {
  if (policy.development) {
    if (from.forwarded) return fail(code::kForbidden, "Development mode takes no forwarded requests.");
    if (!is_local_authority(from.host)) {
      return fail(code::kForbidden, "Development mode is reached as localhost or 127.0.0.1 only.");
    }
  }
  if (!from.origin.empty() && !allows_origin(policy, from.origin)) {
    return fail(code::kForbidden, "Pages of this origin may not talk to the gateway.");
  }
  return {};
}

bool allows_origin(const AccessPolicy& policy, std::string_view origin) {
  if (policy.development) {
    const auto authority = authority_of(origin);
    return authority && is_local_authority(*authority);
  }
  return std::ranges::any_of(policy.allowed_origins, [origin](const std::string& allowed) {
    return allowed == "*" || allowed == origin;
  });
}

}  // namespace paytick::ingest
