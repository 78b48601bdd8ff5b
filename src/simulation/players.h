#pragma once
// What viewers and operators do beside watching: pausing, limits, tips, closing content, the catalogue, and
// the chain. What the log has not acknowledged is sent again. Watching goes through the gateway: clients.h.

#include <initializer_list>
#include <optional>
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

  void play();                                                        // one of them does something
  void on_session(const ViewerId& viewer, const SessionId& session);  // which a client was told of
  void clock();
  // Sends one input, not always the oldest, and sometimes twice.
  Result<void> send_one(log::EventLog& log);
  std::vector<Open> viewers() const;  // viewer, meter, content of each screen
  bool idle() const { return unsent_.empty(); }
  const std::set<std::string>& acknowledged() const { return acknowledged_; }
  std::uint64_t sent() const { return sent_; }

 private:
  struct Player {
    Open open;
    PartitionId partition{};
    Amount minimum, ticket_price;
    MeterId second;             // another meter; zero: has one
    SessionId session;          // of a stream, last told of
    std::optional<Open> call;   // that goes on
    std::uint64_t credits = 0;  // ordered
  };
  void add_viewer();
  void choose_plan(Plan& plan);
  void queue_content(const Player& p, bool closed);
  void control(Player& p);
  void control_stream(Player& p);
  void buy(Player& p);
  void charge(Player& p, ChargeKind kind, std::string key, Amount amount);
  void order_credit(Player& p);
  void buy_ticket(Player& p);
  void ask_for_payout(const Player& p);
  std::string a_key();
  void talk(Player& p);
  void close(Player& p);
  void ask(const Player& p);
  void on_chain(const Player& p);
  MeterId meter_of(const Player& p);
  ReplyTo a_reply();
  void queue(PartitionId partition, std::initializer_list<Input> inputs);
  void queue_everywhere(const Input& input);

  const std::uint32_t partitions_;
  SeededRandom& random_;
  VirtualClock& clock_;
  SimulatedChain& chain_;
  Faults& faults_;
  std::uint64_t sent_ = 0;
  std::vector<Player> players_;
  std::vector<log::NewRecord> unsent_;
  std::set<std::string> acknowledged_;
};

}  // namespace paytick::simulation
