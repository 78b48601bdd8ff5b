#pragma once
// What `paytick load` is told, and what follows from it.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "model/error.h"
#include "model/money.h"

namespace paytick::app::load {

struct Options {
  std::string over = "ws";  // "ws", "http"
  std::string data = ".paytick";
  std::vector<std::string> listen;   // the gateways; empty: from dev.json
  std::vector<std::string> metrics;  // where to ask what was billed; empty: the gateways
  std::string meters;                // a file of meters that exist; empty: load.meters in the data folder
  std::string content;               // empty: a new one
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
  std::uint32_t processes = 0;  // that drive sockets; 0: as many as the sockets need
  std::uint32_t ramp = 5'000;   // sockets opened a second, of all together
  bool flat_out = false;        // the next ping follows the answer
  std::uint64_t seed = 1;
  bool mix = false;  // calls, tips, tickets, top-ups and limits beside the players
  bool json = false;

  bool over_http() const { return over == "http"; }
};

// The options of the command, with their ranges.
void declare(CLI::App& command, Options& options);

inline constexpr std::uint64_t kFilesMaxUsual = 20'000;

// What the drivers work with.
struct Plan {
  std::uint64_t rate = 0;
  std::uint64_t run_ms = 0;
  std::uint64_t beats = 0;  // rate × time, doubled ones left out
  Amount price, deposit;
  std::uint32_t duplicates_per_million = 0, held_per_million = 0;
  std::uint32_t processes = 1, threads = 1;  // threads of each process
};

// `files_max`: how many files a process may open. Codes "bad_duration", "bad_price", "bad_deposit",
// "too_many_sockets" (for the processes asked for), "too_fast" (a socket may send 50 pings a second),
// "no_order" (a socket keeps its order, so there is nothing to shuffle), "bad_option" (that does not go
// together with another).
Result<Plan> plan_of(const Options& options, std::uint64_t files_max = kFilesMaxUsual);

// "500ms", "60s", "10m", "1h": milliseconds.
Result<std::uint64_t> parse_duration(const std::string& text);

}  // namespace paytick::app::load
