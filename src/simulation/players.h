#pragma once
// Viewers who play, stop, tip, pause and set limits. What the log has not acknowledged is sent again.

#include <set>
#include <string>
#include <vector>

#include "log/event_log.h"
#include "simulation/faults.h"
#include "simulation/simulated_chain.h"

namespace paytick::simulation {

class Players {
 public:
  Players(std::uint32_t partitions, SeededRandom& random, VirtualClock& clock, SimulatedChain& chain,
          Faults& faults);

  void play();  // one of them does something
  void clock();
  void gateway_restarts();
  // Sends one input, not always the oldest, and sometimes twice.
  Result<void> send_one(log::EventLog& log);
  bool idle() const { return unsent_.empty(); }
  const std::set<std::string>& acknowledged() const { return acknowledged_; }
  std::uint64_t sent() const { return sent_; }

 private:
  struct Player {
    Open open;
    PartitionId partition{};
    bool playing = false;
    std::uint64_t seq = 0, keys = 0;
  };
  struct Unsent {
    PartitionId partition{};
    std::string line;
  };
  void add_viewer();
  void control(Player& p);
  void on_chain(const Player& p);
  void queue(PartitionId partition, const Input& input);
  void queue_everywhere(const Input& input);

  const std::uint32_t partitions_;
  SeededRandom& random_;
  VirtualClock& clock_;
  SimulatedChain& chain_;
  Faults& faults_;
  GatewayId gateway_;
  std::uint64_t boot_ = 1, sent_ = 0;
  std::vector<Player> players_;
  std::vector<Unsent> unsent_;
  std::set<std::string> acknowledged_;
};

}  // namespace paytick::simulation
