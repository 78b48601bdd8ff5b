#pragma once
// The EventLog over Apache Kafka, with librdkafka. Thread-safe, as the port asks.
//
// append: one idempotent producer, acks=all. commit: one transactional producer a lease; records and the
// consumed offset stand or fall together. The broker's fencing of transactional ids is what fences here, and
// frames are what makes it believed (model/frame.h): librdkafka repeats EndTxn by itself, and old brokers can
// tear a transaction. So after any answer that is in doubt the producer is dropped and the lease with it.
//
// Positions are the committed offsets of the role's group; their metadata hold the lease's epoch.
// read_committed everywhere.
//
// Error codes beside the port's: "broker_unreachable" (retry), "topic_missing" (fatal for open(), else
// retry), "topic_mismatch" and "topic_unsafe" (fatal, of open() only), "not_authorized" (fatal),
// "bad_configuration" (fatal). "topic_lost" and "topic_replaced" (retry, of every call) from when a topic was
// deleted, or made anew, under the open log: nothing is read or written any more, and trouble() says so.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "log/event_log.h"
#include "log/kafka/kafka_settings.h"
#include "log/partition_source.h"

namespace paytick::log {

// Since the log was opened.
struct KafkaCounters {
  std::uint64_t in_doubt = 0;  // transactions whose end is not known
  std::uint64_t fenced = 0;    // commits refused because another owner has taken over
  std::uint64_t aborted = 0;   // transactions given up, and known to be
  std::uint64_t append_failures = 0;
  std::uint64_t reconnects = 0;  // readers that had to begin again
  bool reachable = false;        // brokers answer, and in time (topic_watch.h)
  bool topic_lost = false;       // now; or another one is in its place
};

class KafkaLog final : public EventLog {
 public:
  // Asks the brokers for the topics and refuses those that would break a promise (topics.h; `paytick topics
  // apply` makes them as they have to be). Waits request_timeout for a broker.
  static Result<std::unique_ptr<KafkaLog>> open(const KafkaSettings& settings);
  ~KafkaLog() override;  // interrupts, then waits for calls under way

  std::uint32_t partitions() const override;
  Result<std::vector<Offset>> append(std::span<const NewRecord> records) override;
  Result<Lease> acquire(Role role, PartitionId partition, Epoch at_least = Epoch{1}) override;
  Result<std::vector<Offset>> commit(const Step& step) override;
  Result<std::optional<Offset>> position(Role role, PartitionId partition) override;
  Result<std::vector<Record>> read(TopicPartition tp, Offset from, std::size_t max_bytes) override;
  Result<std::optional<Record>> latest(TopicPartition tp, std::string_view key) override;
  Result<Range> range(TopicPartition tp) override;
  bool wait(TopicPartition tp, Offset seen, std::chrono::milliseconds timeout) override;
  void interrupt() override;
  Result<void> trim(TopicPartition tp, Offset before) override;

  // As position(), but what a transaction under way is committing is not waited for: that of an owner that
  // was killed hangs until its timeout, or until the next owner comes.
  Result<std::optional<Offset>> settled_position(Role role, PartitionId partition);

  // The role's share of the partitions, by its consumer group. The log must outlive it.
  std::unique_ptr<PartitionSource> partition_source(Role role);
  // The same for those who own no partition of the log (the projections): a group of any name over `topic`.
  std::unique_ptr<PartitionSource> partition_source(const std::string& group, Topic topic);

  KafkaCounters counters() const;
  // Why the log is of no use now: "broker_unreachable", "broker_slow" (retry), "topic_lost",
  // "topic_replaced" (fatal: only an operator helps). As of the last second or two.
  std::optional<Error> trouble() const;

 private:
  struct Impl;
  explicit KafkaLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace paytick::log
