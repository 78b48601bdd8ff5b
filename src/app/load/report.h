#pragma once
// How a run ended: in words, and as JSON.

#include <cstdint>
#include <optional>
#include <string>

#include "app/load/gateway_figures.h"
#include "app/load/options.h"
#include "app/load/tally.h"

namespace paytick::app::load {

struct Outcome {
  Tally tally;
  std::uint64_t spent_ms = 0;                    // from the first heartbeat to the last answer
  std::optional<std::int64_t> expected, billed;  // ticks; nothing when it cannot be told
  std::string history_behind_s;  // of PostgreSQL behind the log when the last answer came; empty: unknown
  GatewayFigures gateway;
  bool agrees() const { return expected && billed && *expected == *billed; }
  // Everything that was sent was accepted, answered and billed.
  bool good() const { return agrees() && tally.refused == 0 && tally.lost == 0 && tally.errors.empty(); }
};

// "12,345 sent, 12,340 answered/s …" of the run so far.
std::string progress_words(const Tally& tally, std::uint64_t answered_per_s, std::uint64_t spent_ms,
                           std::uint64_t run_ms);
std::string to_words(const Outcome& outcome, const Options& options, const Plan& plan);
std::string to_json(const Outcome& outcome, const Options& options, const Plan& plan);

}  // namespace paytick::app::load
