#pragma once
// The producer of unfenced appends: idempotent, acks=all, shared by all threads. Calls that run at a time
// share the requests to the broker.

#include <atomic>
#include <span>
#include <thread>
#include <vector>

#include "log/kafka/client.h"
#include "log/kafka/topic_handles.h"

namespace paytick::log::kafka {

class AppendProducer {
 public:
  static Result<std::unique_ptr<AppendProducer>> open(const KafkaSettings& settings);
  ~AppendProducer();

  // As EventLog::append, of records that were checked. Blocks until each is written or given up, at most the
  // request timeout.
  Result<std::vector<Offset>> append(std::span<const NewRecord> records);

 private:
  AppendProducer(Client client, const KafkaSettings& settings);

  Client client_;
  TopicHandles topics_;
  std::atomic<bool> stop_{false};
  std::thread poller_;  // serves the delivery reports
};

}  // namespace paytick::log::kafka
