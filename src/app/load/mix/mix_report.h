#pragma once
// How a mix ended: in words, and as JSON.

#include <cstdint>
#include <string>

#include "app/load/mix/bill.h"
#include "app/load/mix/mix_tally.h"
#include "app/load/options.h"
#include "model/money.h"

namespace paytick::app::load {

struct MixOutcome {
  MixTally tally;
  std::uint64_t run_ms = 0;            // from the first ping to the last answer
  std::uint64_t settled_after_ms = 0;  // until chain and database had all of it, after the last session's end
  Acknowledged acknowledged;           // by the answers
  Amount spent;                        // since the beginning, as the viewers are told
  Amount charged, ordered;             // since the beginning, as verify counts: ticks and charges; credits
  Amount due, settled, credited;       // in all: paid to creators and fee account, paid into meters
  Amount credits;                      // in all: ordered

  // Of the money: empty when all of them agree, else the first difference in words.
  std::string difference() const;
  bool good() const { return tally.wrongs == 0 && tally.pings.lost == 0 && difference().empty(); }
};

// "12/600 s  1,234 pings paid …" of the run so far.
std::string progress_words(const MixTally& tally, std::uint64_t spent_ms, std::uint64_t run_ms);
std::string to_words(const MixOutcome& outcome, const Options& options);
std::string to_json(const MixOutcome& outcome, const Options& options);

}  // namespace paytick::app::load
