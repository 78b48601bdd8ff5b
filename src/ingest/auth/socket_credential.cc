#include "ingest/auth/socket_credential.h"

#include "ingest/http_routes.h"

namespace paytick::ingest {
namespace {

constexpr std::string_view kBearer = "bearer.";

// Calls f with each element of a list of tokens (RFC 9110 §5.6.1) until it gives true.
template <typename F>
bool any_of_list(std::string_view list, F&& f) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    std::string_view one = list.substr(0, comma);
    while (!one.empty() && (one.front() == ' ' || one.front() == '\t')) one.remove_prefix(1);
    while (!one.empty() && (one.back() == ' ' || one.back() == '\t')) one.remove_suffix(1);
    if (f(one)) return true;
    if (comma == list.npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace

std::optional<std::string> socket_credential(std::string_view query, std::string_view protocols) {
  std::optional<std::string> found;
  any_of_list(protocols, [&found](std::string_view one) {
    if (!one.starts_with(kBearer)) return false;
    found = one.substr(kBearer.size());
    return true;
  });
  return found ? found : query_param(query, "token");
}

bool offers_protocol(std::string_view protocols) {
  return any_of_list(protocols, [](std::string_view one) { return one == kSocketProtocol; });
}

}  // namespace paytick::ingest
