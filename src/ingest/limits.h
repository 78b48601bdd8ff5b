#pragma once
// How much one client, one address, one key or one viewer may ask of a gateway. 0: no limit. A burst of four
// seconds' worth passes at once; addresses of IPv6 count by their /64.

#include <cstdint>
#include <string>
#include <vector>

namespace paytick::ingest {

struct Limits {
  std::int64_t connections_per_address = 0;
  // Connections whose first request is not complete, TLS handshakes among them. One too many in all: the
  // oldest of them gives way. One too many of an address: it is refused.
  std::int64_t handshakes = 0;
  std::int64_t handshakes_per_address = 0;
  // Requests a second. A new connection counts as one, too; API keys have their own count instead.
  std::int64_t requests_per_address = 0;
  std::int64_t requests_per_key = 0;    // or per login
  std::int64_t logins_per_address = 0;  // a minute: challenges, logins, refreshes together
  // Messages a second. What a socket sends beyond is answered "rate_limited"; four times as many frames of
  // any kind, each 4 KiB of a large one counted as one, and it is closed (1008).
  std::int64_t messages_per_socket = 50;
  std::int64_t messages_per_viewer = 0;
  std::int64_t message_bytes = 64 * 1024;         // a larger one closes the socket (1009); at least 16 KiB
  std::int64_t body_bytes = 64 * 1024;            // of requests other than batches and content
  std::int64_t bodies_bytes = 256 * 1024 * 1024;  // of all bodies together that are on their way
  std::int64_t socket_idle_s = 0;                 // without a message in either direction; then it is closed
  // Addresses or networks ("10.0.0.0/8") of proxies whose X-Forwarded-For is believed.
  std::vector<std::string> trusted_proxies;
};

}  // namespace paytick::ingest
