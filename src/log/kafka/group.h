#pragma once
// Which partitions of a topic this instance works on, by a consumer group of Kafka's: static membership, so
// that a restart within the session timeout keeps them; cooperative, so that the others go on while one joins
// or leaves. The group's consumer fetches nothing; readers.h does that.

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "log/kafka/client.h"
#include "log/partition_source.h"

namespace paytick::log::kafka {

class Group final : public PartitionSource {
 public:
  Group(const KafkaSettings& settings, std::string group, std::string topic)
      : settings_(settings), group_(std::move(group)), topic_(std::move(topic)) {}
  ~Group() override { Group::stop(); }

  Result<void> start(Callbacks callbacks) override;
  void stop() override;
  std::optional<Error> trouble() const override;

 private:
  static void on_rebalance(rd_kafka_t* client, rd_kafka_resp_err_t what,
                           rd_kafka_topic_partition_list_t* partitions, void* group);
  static void on_error(rd_kafka_t* client, int code, const char* why, void* group);
  void rebalance(rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t& partitions);
  Result<void> join();
  void failed(rd_kafka_resp_err_t code);
  void leave();
  void run();
  void note(std::optional<Error> trouble);

  const KafkaSettings settings_;
  const std::string group_, topic_;
  Callbacks callbacks_;
  Client client_;
  std::set<PartitionId> held_;  // of the thread
  bool ended_ = false;          // the membership, for good: another has to be begun
  std::atomic<bool> stop_{false};
  std::thread thread_;
  mutable std::mutex mutex_;
  std::optional<Error> trouble_;
};

}  // namespace paytick::log::kafka
