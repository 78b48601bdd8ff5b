#pragma once
// A player of system 1 for the terminal: pings over a WebSocket, and what the server answers. Blocking, one
// thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "model/error.h"

namespace paytick::app {

struct PlayerOptions {
  std::string url;  // http://host:port of the gateway
  std::string content;
  std::string meter;
  int pings = 12;
  std::chrono::milliseconds period{1'000};
};

struct PlayerUpdate {
  int ping = 0;             // 1 … pings
  std::string new_balance;  // decimal
  std::string session;
  std::int64_t paid_until_ms = 0;
  std::chrono::microseconds latency{0};
};

// Plays, calls `show` after each paid answer, and closes the socket, which ends billing. Codes "connect",
// "socket", and the server's own when it answers with an error.
Result<PlayerUpdate> play(const PlayerOptions& options, const std::function<void(const PlayerUpdate&)>& show);

}  // namespace paytick::app
