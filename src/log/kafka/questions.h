#pragma once
// What is asked of the brokers: which topics there are, where a partition begins and ends, what a group has
// committed. Thread-safe; each call is one exchange, within the request timeout.

#include <optional>
#include <string>
#include <vector>

#include "log/event_log.h"
#include "log/kafka/client.h"

namespace paytick::log::kafka {

struct Committed {
  Offset offset{};
  std::string metadata;
};

class Questions {
 public:
  static Result<std::unique_ptr<Questions>> open(const KafkaSettings& settings);

  // Whether a broker answers.
  bool reachable(std::chrono::milliseconds timeout);
  // The end is that of committed transactions.
  Result<EventLog::Range> range(TopicPartition at);
  // Nothing when the group never committed one there. `settled`: what a transaction is just committing is
  // waited for, though not for ever: an offset that arrived after its transaction had been aborted hangs
  // until the producer's next one. Who has just taken the producer's id over need not wait: all its
  // transactions have ended.
  enum class Wanted : std::uint8_t { settled, as_it_is };
  Result<std::optional<Committed>> committed(const std::string& group, const std::string& topic,
                                             PartitionId partition, Wanted wanted);
  Result<void> delete_before(TopicPartition at, Offset before);

 private:
  Questions(Client client, const KafkaSettings& settings);
  // Nothing: ask again, it passes.
  std::optional<Result<std::optional<Committed>>> ask_committed(const std::string& group,
                                                                const std::string& topic,
                                                                PartitionId partition, Wanted wanted);
  Owned<rd_kafka_AdminOptions_t> options(rd_kafka_admin_op_t operation) const;

  const KafkaSettings& settings_;
  Client client_;
  int timeout_ms_;
};

}  // namespace paytick::log::kafka
