#pragma once
// From the aggregator to gateways in other processes: the fold's replies onto the topic `replies`, packed by
// gateway, after their commit and outside of it. Hints: where they cannot be written in time the oldest are
// dropped and counted, and folding waits for nothing.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "aggregator/partition_worker.h"
#include "log/event_log.h"
#include "model/ports.h"

namespace paytick::app {

// From the end of one write to the beginning of the next, at least: partitions commit one by one, and each
// write is a request for every gateway.
inline constexpr std::chrono::milliseconds kReplyInterval{5};

class ReplyPublisher final : public aggregator::ReplySink {
 public:
  // Begins at once. The ports outlive it.
  ReplyPublisher(log::EventLog& log, WallClock& clock);
  ~ReplyPublisher() override;  // writes what waits, if the log takes it now

  // Of a reply without a gateway only the end of its attachment is told, to every gateway: a platform's
  // batches are answered already, and any gateway may take the next one.
  void deliver(PartitionId, std::span<const Reply> replies) override;
  void answer(PartitionId, std::span<const Outcome> outcomes) override;

  struct Counters {
    std::uint64_t published = 0, dropped = 0;
  };
  Counters counters() const;

 private:
  struct Packed {
    GatewayId gateway;  // zero: all of them
    std::string value;
    std::uint64_t n = 0;
  };
  std::string& record_for(const GatewayId& gateway);  // that has room for one more
  void add(const Reply& reply);
  void add(const Outcome& outcome);
  void drop_oldest();
  void run();
  Result<void> publish(const std::deque<Packed>& batch);

  log::EventLog& log_;
  WallClock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Packed> waiting_;               // oldest first
  std::uint64_t first_ = 0;                  // number of waiting_.front() since the start
  std::map<GatewayId, std::uint64_t> open_;  // number of the record that fills for a gateway
  std::size_t bytes_ = 0;
  Counters counters_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace paytick::app
