#pragma once
// Which addresses a webhook may be sent to. A platform chooses its URL, and we stand inside our own network:
// nothing but what is reached over the public internet, unless the operator says so.

#include <string>

namespace paytick::push {

// False for loopback, private, link-local, shared (RFC 6598), documentation, benchmarking, multicast and
// reserved addresses, for IPv6 addresses that carry such an IPv4 address, and for what is no address.
// Thread-safe.
bool is_public_address(const std::string& address);

}  // namespace paytick::push
