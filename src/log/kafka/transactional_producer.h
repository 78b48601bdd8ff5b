#pragma once
// The producer of one lease: each commit is one transaction. One call at a time.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "log/kafka/client.h"
#include "log/kafka/topic_handles.h"

namespace paytick::log::kafka {

// What is committed as consumed: an offset of a topic's partition, for a group.
struct Consumed {
  std::string group;
  std::string topic;
  PartitionId partition{};
  Offset to{};
  std::string metadata;
};

class TransactionalProducer {
 public:
  // Takes the transactional id over: the broker fences its earlier producer and aborts what that left open.
  static Result<std::unique_ptr<TransactionalProducer>> open(const KafkaSettings& settings,
                                                             const std::string& id);

  // Records and offset in one transaction. Errors: "fenced" (abort), "in_doubt" (drop this producer),
  // anything else that says retry: the transaction was aborted.
  Result<std::vector<Offset>> commit(std::span<const NewRecord> records,
                                     const std::optional<Consumed>& consumed);

  bool usable() const { return usable_; }

 private:
  TransactionalProducer(Client client, const KafkaSettings& settings);
  Result<void> consume(const Consumed& consumed);
  // Of a transaction that has failed before its end was asked for.
  Error give_up(Error error);
  Error end_failed(const rd_kafka_error_t& error);
  bool fenced() const;

  Client client_;
  TopicHandles topics_;
  int timeout_ms_;
  bool usable_ = true;
};

}  // namespace paytick::log::kafka
