#pragma once
// Between the aggregator and the gateway of one process. The aggregator starts first, because the gateway
// needs what it has restored; until then there is nobody to reply to.

#include <atomic>
#include <map>
#include <mutex>
#include <span>
#include <vector>

#include "aggregator/fold.h"
#include "aggregator/partition_worker.h"
#include "ingest/gateway.h"

namespace paytick::app {

class ReplyRelay final : public aggregator::ReplySink {
 public:
  // Any thread. The gateway must outlive the aggregator, or be taken away first.
  void attach(ingest::Gateway* gateway) { gateway_ = gateway; }

  void deliver(PartitionId, std::span<const Reply> replies) override {
    if (ingest::Gateway* const gateway = gateway_) gateway->deliver(replies);
  }
  void answer(PartitionId, std::span<const Outcome> outcomes) override {
    if (ingest::Gateway* const gateway = gateway_) gateway->answer(outcomes);
  }

  // A partition has been restored: remembered for the gateway that is to come.
  void restored(PartitionId partition, const aggregator::Fold& fold, Offset position) {
    const std::lock_guard lock(mutex_);
    positions_[partition] = position;
    for (const auto& meter : fold.meters()) meters_.push_back({meter.meter, meter.viewer});
    for (const auto& attachment : fold.attachments()) attachments_.push_back(attachment);
  }
  // Up to where on `heartbeats` that is. What comes after it the gateway must read itself: opens that were
  // acknowledged before a crash, and meters; folded by now or not.
  std::vector<Offset> restored_positions(std::uint32_t partitions) const {
    const std::lock_guard lock(mutex_);
    std::vector<Offset> all(partitions);
    for (const auto& [partition, position] : positions_)
      all[static_cast<std::uint32_t>(partition)] = position;
    return all;
  }
  // Hands all of it over, once.
  void hand_over(ingest::Gateway& gateway) {
    const std::lock_guard lock(mutex_);
    for (const auto& [meter, viewer] : meters_) gateway.meters().put(meter, viewer);
    for (const auto& attachment : attachments_) {
      gateway.sessions().restore(attachment.viewer, attachment.session, attachment.attachment);
    }
    meters_ = {};
    attachments_ = {};
  }

 private:
  std::atomic<ingest::Gateway*> gateway_{nullptr};
  mutable std::mutex mutex_;
  std::map<PartitionId, Offset> positions_;
  std::vector<std::pair<MeterId, ViewerId>> meters_;
  std::vector<aggregator::AttachmentView> attachments_;
};

}  // namespace paytick::app
