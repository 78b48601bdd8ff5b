#pragma once
// The credential that a socket's upgrade brings, since a browser cannot set Authorization for one:
//   GET /ws?token=…
//   Sec-WebSocket-Protocol: paytick, bearer.…
// The second is the better one: targets end in logs. The server answers with the protocol "paytick".

#include <optional>
#include <string>
#include <string_view>

namespace paytick::ingest {

inline constexpr std::string_view kSocketProtocol = "paytick";

// Of the query, still encoded, and the header's value; nothing when neither is there.
std::optional<std::string> socket_credential(std::string_view query, std::string_view protocols);
// Whether "paytick" is among the protocols that were offered.
bool offers_protocol(std::string_view protocols);

}  // namespace paytick::ingest
