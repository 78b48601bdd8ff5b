#pragma once
// Follows the router's events and puts the meters' totals, and viewers' requests for refunds, onto
// `heartbeats`: what may be spent is an input like any other. Events of other contracts never get here
// (ChainPort).
//
// The cursor is a record of the compacted topic `snapshots` (partition 0, key "chain-events"), appended once
// the reports it covers are on the log; so nothing is missed, and what is repeated after a crash does no
// harm, because reports are totals with a version. Two readers at a time do no harm either.
//
// When the node no longer has the cursor's place, the meters are asked themselves: every meter that `ticks`
// names, and then reading goes on from the oldest ledger that the node has.
//
// Driven by one thread, as SettlerWorker.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "log/event_log.h"
#include "model/ports.h"
#include "settler/chain_port.h"

namespace paytick::settler {

struct ChainEventConfig {
  std::uint32_t start_ledger = 0;  // where reading begins the first time; 0: the oldest ledger the node has
  std::int64_t poll_ms = 500;
  std::string cursor_key = "chain-events";
};

class ChainEventReader {
 public:
  ChainEventReader(ChainEventConfig config, log::EventLog& log, ChainPort& chain, WallClock& clock)
      : config_(std::move(config)), log_(log), chain_(chain), clock_(clock) {}

  Result<void> start();  // reads the cursor from the log
  // One page; true when there may be more at once. Trouble with the chain is waited out (see trouble());
  // errors are the log's: after Next::retry and Next::in_doubt step() again, the cursor has not moved.
  Result<bool> step();

  const std::string& cursor() const { return cursor_; }
  // The newest ledger of which every event is on the log, as the node told.
  LedgerInfo seen() const { return seen_; }
  const std::optional<Error>& trouble() const { return trouble_; }

 private:
  Result<bool> take(const EventPage& page);
  Result<bool> rescan();
  Result<std::vector<MeterId>> known_meters();
  Result<void> append(const std::vector<Input>& inputs, const std::string& cursor);
  bool chain_failed(const Error& error);

  ChainEventConfig config_;
  log::EventLog& log_;
  ChainPort& chain_;
  WallClock& clock_;
  std::string cursor_;
  std::uint32_t from_ledger_ = 0;
  LedgerInfo seen_;
  TimeMs next_poll_;
  std::optional<Error> trouble_;
};

}  // namespace paytick::settler
