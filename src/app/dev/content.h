#pragma once
// New content on a running gateway, under the platform's key: what the commands that play create first.

#include <cstdint>
#include <string>

#include "model/error.h"
#include "model/money.h"

namespace paytick::app::dev {

struct ContentOrder {
  std::string listen, platform_api_key;
  std::string title;
  std::string creator;  // G…
  std::int64_t tick_ms = 1'000;
  Amount price;  // a tick
  int minimum_ticks = 1;
  int ticks_per_heartbeat = 1;
  int platform_bps = 0;
};

// Its id. Code "content": the gateway refused it; else the HTTP client's.
Result<std::string> create_content(const ContentOrder& order);

}  // namespace paytick::app::dev
