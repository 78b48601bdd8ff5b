// Kafka for the conformance suite: a real broker, and topics of its own for each log.

#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

#include "engines.h"
#include "log/checks.h"
#include "log/kafka/client.h"
#include "log/kafka/kafka_log.h"

namespace paytick::log::testing {
namespace {

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  statm >> pages >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

void make_topics(const KafkaSettings& settings, std::uint32_t partitions) {
  auto client = kafka::make_client(RD_KAFKA_PRODUCER, std::move(*kafka::make_conf(settings, {})));
  std::vector<rd_kafka_NewTopic_t*> topics;
  for (std::size_t i = 1; i <= kTopics; ++i) {
    const auto topic = static_cast<Topic>(i);
    topics.push_back(rd_kafka_NewTopic_new(topic_name(settings, topic).c_str(), static_cast<int>(partitions),
                                           1, nullptr, 0));
    rd_kafka_NewTopic_set_config(topics.back(), "cleanup.policy", is_compacted(topic) ? "compact" : "delete");
    rd_kafka_NewTopic_set_config(topics.back(), "retention.ms", "-1");
  }
  kafka::Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(client->get()));
  rd_kafka_CreateTopics(client->get(), topics.data(), topics.size(), nullptr, queue.get());
  kafka::Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(queue.get(), 30'000));
  if (!event || rd_kafka_event_error(event.get())) throw std::runtime_error("the topics could not be made");
  for (auto* topic : topics) rd_kafka_NewTopic_destroy(topic);
}

class KafkaEngine final : public Engine {
 public:
  explicit KafkaEngine(const EngineOptions& options) {
    static std::atomic<int> count{0};
    settings_.bootstrap = std::getenv("PAYTICK_TEST_KAFKA");
    settings_.prefix = "conformance-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
    make_topics(settings_, options.partitions);
    restart();
    before_ = resident_bytes();
  }

  EventLog& log() override { return *log_; }
  void restart() override {
    log_.reset();
    auto opened = KafkaLog::open(settings_);
    for (int i = 0; i < 100 && !opened && opened.error().code == "topic_missing"; ++i)
      opened = KafkaLog::open(settings_);
    if (!opened) throw std::runtime_error(opened.error().message);
    log_ = std::move(*opened);
  }
  std::size_t memory_bytes() override { return resident_bytes() - std::min(before_, resident_bytes()); }

 private:
  KafkaSettings settings_;
  std::unique_ptr<KafkaLog> log_;
  std::size_t before_ = 0;
};

}  // namespace

const std::vector<EngineKind>& engines() {
  static const std::vector<EngineKind> kEngines{
      {"Kafka",
       [](const EngineOptions& o) -> std::unique_ptr<Engine> { return std::make_unique<KafkaEngine>(o); },
       /*on_disk=*/true, /*disk_limit=*/false},
  };
  return kEngines;
}

}  // namespace paytick::log::testing
