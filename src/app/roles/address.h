#pragma once
// address:port, as configured.

#include <cstdint>
#include <string>

#include "model/error.h"

namespace paytick::app {

struct Address {
  std::string host;  // without the brackets of IPv6
  std::uint16_t port = 0;
};

// Code "config_bad_value", naming the key.
Result<Address> parse_address(const std::string& key, const std::string& text);
std::string url_of(const Address& address);  // http://…

}  // namespace paytick::app
