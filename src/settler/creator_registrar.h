#pragma once
// Has the router know every creator's wallet that the catalogue names, so that it may be paid (DESIGN.md §6).
// Follows the topic `catalog` from its beginning; asking the router again about a known wallet changes
// nothing. Driven by one thread, as SettlerWorker.

#include <cstdint>
#include <optional>
#include <unordered_set>
#include <vector>

#include "log/event_log.h"
#include "model/ports.h"
#include "settler/chain_port.h"

namespace paytick::settler {

class CreatorRegistrar {
 public:
  CreatorRegistrar(log::EventLog& log, ChainPort& chain, WallClock& clock)
      : log_(log), chain_(chain), clock_(clock) {}

  // True when something was registered. Errors are the log's; trouble with the chain is waited out.
  Result<bool> step();

  bool is_registered(const CreatorId& creator) const { return known_.contains(creator); }
  std::size_t waiting() const { return waiting_.size(); }
  const std::optional<Error>& trouble() const { return trouble_; }

 private:
  Result<void> follow();

  log::EventLog& log_;
  ChainPort& chain_;
  WallClock& clock_;
  std::vector<Offset> next_;  // in each partition of the catalogue
  std::unordered_set<CreatorId> known_;
  std::vector<CreatorId> waiting_;  // each once, not in known_
  TimeMs retry_at_;
  std::optional<Error> trouble_;
};

}  // namespace paytick::settler
