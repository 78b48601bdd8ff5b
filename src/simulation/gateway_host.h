#pragma once
// The gateway's process: the product's pure gateway and what it knows by heart, all of which dies with it. A
// start follows the catalogue, takes the live attachments from the fold, and says its new boot on the log.

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aggregator/partition_worker.h"
#include "ingest/gateway_core.h"
#include "simulation/faults.h"

namespace paytick::simulation {

class GatewayHost final : public ingest::Outbox, public aggregator::ReplySink {
 public:
  // Those outside.
  class Client {
   public:
    virtual ~Client() = default;
    virtual void on_text(ingest::ConnId conn, const std::string& text) = 0;
    virtual void on_answer(ingest::RunId run, const std::string& lines) = 0;
    virtual void on_gone() = 0;  // every connection is broken, every request without an answer
  };

  GatewayHost(std::uint32_t partitions, SeededRandom& random, VirtualClock& clock, Faults& faults);
  void serve(Client& client) { client_ = &client; }

  // What it takes over from a fold, as the app hands it over.
  struct Restored {
    std::vector<aggregator::MeterView> meters;
    std::vector<aggregator::AttachmentView> attachments;
    std::vector<Offset> positions;
  };
  bool up() const { return life_ != nullptr; }
  // How commands ended, of each partition; nobody waits for them but the audit.
  const std::map<PartitionId, std::vector<Outcome>>& outcomes() const { return outcomes_; }
  Result<void> start(log::EventLog& log, const Restored& restored);
  // Follows the log, passes replies on, and takes a batch or writes the one taken; true while there is more.
  Result<bool> step(log::EventLog& log);
  void kill();
  ingest::GatewayCore& core() { return life_->core; }

 private:
  struct Life {
    Life(log::EventLog& log, const Restored& restored, std::uint32_t partitions, std::uint64_t boot,
         SeededRandom& random, ingest::Outbox& out, const GatewayId& id);
    ingest::Catalog catalog;
    ingest::MeterDirectory meters;
    ingest::SessionDirectory sessions;
    ingest::ResumeTokens tokens{ingest::ResumeTokens::Key{}};
    ingest::CatalogFollower catalog_follower;
    ingest::MeterFollower meter_follower;
    ingest::GatewayCore core;
    std::optional<ingest::LogBatch> flying;
    std::deque<Reply> replies;
    TimeMs ticked;
  };

  void send(ingest::ConnId to, std::string_view text) override;
  void answer(PartitionId partition, std::span<const Outcome> outcomes) override;
  void answer(ingest::RunId run, std::string lines, std::uint32_t accepted, std::uint32_t refused) override;
  void deliver(PartitionId partition, std::span<const Reply> replies) override;
  Result<bool> follow();

  const std::uint32_t partitions_;
  SeededRandom& random_;
  VirtualClock& clock_;
  Faults& faults_;
  const GatewayId id_;
  std::uint64_t boot_ = 0;
  Client* client_ = nullptr;
  std::unique_ptr<Life> life_;
  std::map<PartitionId, std::vector<Outcome>> outcomes_;
};

}  // namespace paytick::simulation
