#pragma once
// Do log, chain and database agree? (DESIGN.md §5.6)
//
//   1. The log with itself: `heartbeats` are folded again, and every line of every frame of `ticks` must come
//   out as it
//      stands there; the frames' hashes, epochs and positions must chain; `settlements` likewise. The
//      invariants (src/invariants) hold of all of them.
//   2. The log with the chain: for every (meter, creator, bps) the contract has paid what `settlements` says
//   was confirmed,
//      and no more than what is due; the treasury has paid into every meter the credits that were confirmed,
//      and no more than was ordered. A meter's totals only rise, so that the log may be behind the chain, and
//      is never ahead of it: a deposit, refund or allowance that the contract does not know is a difference.
//   3. The log with the database: at the positions the projections stand at, sums and sessions are the
//   fold's.
//
// The cut is named in the report: positions per partition, and the ledger. What is in flight at the cut may
// be on either side and is counted, not compared. The first difference ends the walk.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "log/event_log.h"
#include "model/error.h"
#include "model/ids.h"
#include "model/money.h"
#include "settler/chain_port.h"

namespace paytick::app {

struct VerifyReport {
  struct Cut {
    Offset heartbeats{}, ticks{}, settlements{}, database{};
    Offset database_ticks{}, database_settlements{};  // as far as the rows had been read
  };
  std::vector<Cut> cuts;  // one a partition
  std::uint32_t ledger = 0;
  std::uint64_t inputs = 0, frames = 0, lines = 0, sessions = 0, sums = 0, transactions = 0, in_flight = 0;
  std::int64_t ticks = 0;
  Amount charged, due, settled;
  Amount credits_ordered, credits_paid;                      // what lies between is on its way, or waits
  std::uint64_t credits_in_flight = 0, credits_waiting = 0;  // meters
  bool chain_checked = false, database_checked = false;
  std::optional<std::string> difference;  // the first one, in words
};

class Verifier {
 public:
  // `chain` may be absent, `database_url` empty: then the report says so.
  Verifier(log::EventLog& log, settler::ChainPort* chain, std::string database_url);

  using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;  // records of `heartbeats`
  // Errors are about asking (an unreachable node, a broken disk), not about what was found.
  Result<VerifyReport> run(const Progress& progress);

 private:
  struct Walk;
  Result<void> walk_partition(Walk& walk, VerifyReport& report, const Progress& progress);
  Result<void> wait_for_database(Walk& walk, VerifyReport& report);
  Result<void> follow_ticks(Walk& walk, VerifyReport& report, const Progress& progress);
  void read_record(Walk& walk, const log::Record& record);
  Result<void> check_frame(Walk& walk, VerifyReport& report);
  Result<void> follow_settlements(Walk& walk, VerifyReport& report);
  void count(Walk& walk, VerifyReport& report);
  Result<void> check_chain(Walk& walk, VerifyReport& report);
  Result<void> check_meters(Walk& walk, VerifyReport& report);
  Result<void> check_items(Walk& walk, const std::vector<SettlementItem>& items, VerifyReport& report);
  Result<void> check_credits(Walk& walk, VerifyReport& report);
  Result<void> check_credits(Walk& walk, const std::vector<MeterId>& meters, VerifyReport& report);
  void check_database(Walk& walk, VerifyReport& report);
  void check_paid(Walk& walk, VerifyReport& report);

  log::EventLog& log_;
  settler::ChainPort* chain_;
  const std::string database_url_;
  std::uint64_t done_ = 0, total_ = 0;
};

// For people; ends with "log, database and chain agree" or the difference.
std::string to_words(const VerifyReport& report);
std::string to_json(const VerifyReport& report);

}  // namespace paytick::app
