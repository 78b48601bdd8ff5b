#pragma once
// The processes: two owners of every stage, on one log that outlives them all. An owner that was pushed out
// does not know, and acts on until the log or the database tells it.

#include <array>
#include <functional>
#include <memory>
#include <optional>

#include "aggregator/partition_worker.h"
#include "projections/worker.h"
#include "settler/chain_event_reader.h"
#include "settler/settler_worker.h"
#include "simulation/faulty_database.h"
#include "simulation/faulty_log.h"
#include "simulation/gateway_host.h"

namespace paytick::simulation {

inline constexpr std::uint32_t kPartitions = 2;
inline constexpr std::size_t kOwners = 2;

class Hosts {
 public:
  Hosts(Bug bug, SeededRandom& random, VirtualClock& clock, SimulatedChain& chain, Faults& faults);
  ~Hosts();

  // One step of a stage by one owner; true while there is more to do.
  bool step_aggregator(std::size_t owner, std::uint32_t partition);
  bool step_settler(std::size_t owner);
  bool step_projection(std::size_t owner);
  bool step_reader(std::size_t owner);  // of the chain's events
  bool step_gateway();
  // Dies and starts again.
  void kill_gateway() { gateway_.kill(); }
  void kill_aggregator(std::size_t owner, std::uint32_t partition) { aggregators_[owner][partition].reset(); }
  void kill_settler(std::size_t owner) { settlers_[owner].worker.reset(); }
  void kill_reader(std::size_t owner) { readers_[owner].worker.reset(); }
  void kill_projection(std::size_t owner) { projections_[owner].worker.reset(); }
  void crash();  // everything at once, the log included

  // After an error of a call to the log: a dead log is a dead process.
  void failed(const Error& error, const char* who);
  const std::optional<std::string>& stopped() const { return stopped_; }  // by a check of the product's own

  GatewayHost& gateway() { return gateway_; }
  FaultyLog& faulty() { return *faulty_; }
  log::EventLog& log() { return *log_; }
  const projections::MemoryDatabase& database() const { return database_; }
  std::int64_t settled() const { return settlers_[0].worker->status().settled.units(); }
  const settler::Accrual& accrual(std::uint32_t partition) const {
    return settlers_[0].worker->accrual(PartitionId{partition});
  }
  std::uint64_t snapshots_loaded() const { return snapshots_loaded_ + faulty_->snapshots_loaded(); }
  std::uint64_t settlers_restored() const { return settlers_restored_; }

 private:
  template <typename Worker>
  struct Started {
    std::unique_ptr<Worker> worker;
    bool started = false;
  };
  template <typename Worker>
  bool step(Started<Worker>& host, const char* who);
  void restart(log::MemoryImage image);

  const Bug bug_;
  SeededRandom& random_;
  VirtualClock& clock_;
  SimulatedChain& chain_;
  Faults& faults_;
  GatewayHost gateway_{kPartitions, random_, clock_, faults_};
  projections::MemoryDatabase database_;
  FaultyDatabase faulty_database_{database_, faults_};
  std::unique_ptr<log::MemoryLog> log_;
  std::unique_ptr<FaultyLog> faulty_;
  std::array<std::array<std::unique_ptr<aggregator::PartitionWorker>, kPartitions>, kOwners> aggregators_;
  std::array<Started<settler::SettlerWorker>, kOwners> settlers_;
  std::array<Started<settler::ChainEventReader>, kOwners> readers_;
  std::array<Started<projections::ProjectionWorker>, kOwners> projections_;
  std::optional<std::string> stopped_;
  std::uint64_t snapshots_loaded_ = 0;
  std::uint64_t settlers_restored_ = 0;
};

}  // namespace paytick::simulation
