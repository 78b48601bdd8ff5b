#pragma once
// What `paytick load` is told, and what follows from it.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "model/error.h"
#include "model/money.h"

namespace paytick::app::load {

struct Options {
  std::string over = "ws";  // "ws", "http"
  std::string data = ".paytick";
  std::string listen;   // empty: from dev.json
  std::string content;  // empty: a new one
  std::uint32_t viewers = 100;
  std::uint64_t rate = 0;  // heartbeats a second; 0: one a tick from each viewer
  std::string run_for = "10s";
  std::int32_t tick_ms = 1'000;
  std::string price = "0.0000100";
  bool fund = false;
  std::string deposit = "1";
  std::uint32_t payers = 32;
  double duplicates = 0, shuffle = 0;  // shares, 0 … 1
  std::uint32_t batch = 1'000, connections = 4, threads = 1;
  std::uint64_t seed = 1;
  bool json = false;

  bool over_http() const { return over == "http"; }
};

// The options of the command, with their ranges.
void declare(CLI::App& command, Options& options);

// What the drivers work with.
struct Plan {
  std::uint64_t rate = 0;
  std::uint64_t run_ms = 0;
  std::uint64_t beats = 0;  // rate × time, doubled ones left out
  Amount price, deposit;
  std::uint32_t duplicates_per_million = 0, held_per_million = 0;
  std::uint32_t threads = 1;  // divides the viewers
};

// Codes "bad_duration", "bad_price", "bad_deposit", "too_fast" (a socket may send 50 pings a second),
// "no_order" (a socket keeps its order, so there is nothing to shuffle).
Result<Plan> plan_of(const Options& options);

// "500ms", "60s", "10m", "1h": milliseconds.
Result<std::uint64_t> parse_duration(const std::string& text);

}  // namespace paytick::app::load
