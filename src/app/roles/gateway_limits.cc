#include "app/roles/gateway_limits.h"

namespace paytick::app {

ingest::Limits gateway_limits(const Config& config, bool development) {
  const Config::Limits& from = config.limits;
  const auto chosen = [development](std::int64_t value, std::int64_t otherwise) {
    if (value >= 0) return value;
    return development ? 0 : otherwise;
  };
  ingest::Limits limits;
  limits.connections_per_address = chosen(from.connections_per_address, 1'000);
  limits.handshakes = from.handshakes;
  limits.handshakes_per_address = chosen(from.handshakes_per_address, 100);
  limits.requests_per_address = chosen(from.requests_per_address, 200);
  limits.requests_per_key = chosen(from.requests_per_key, 2'000);
  limits.logins_per_address = chosen(from.logins_per_address, 60);
  limits.messages_per_socket = from.messages_per_socket;
  limits.messages_per_viewer = chosen(from.messages_per_viewer, 200);
  limits.message_bytes = from.message_bytes;
  limits.body_bytes = from.body_bytes;
  limits.bodies_bytes = from.bodies_bytes;
  limits.socket_idle_s = from.socket_idle_s;
  limits.trusted_proxies = split_list(config.gateway.trusted_proxies);
  return limits;
}

std::vector<std::string> split_list(const std::string& text) {
  constexpr const char* kBetween = ", \t";
  std::vector<std::string> parts;
  for (auto at = text.find_first_not_of(kBetween); at != std::string::npos;) {
    const auto end = text.find_first_of(kBetween, at);
    parts.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(kBetween, end);
  }
  return parts;
}

}  // namespace paytick::app
