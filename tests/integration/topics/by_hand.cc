#include "topics/by_hand.h"

#include <chrono>
#include <stdexcept>

#include "log/kafka/client.h"
#include "log/kafka/topic_admin.h"

namespace paytick::log::testing {
namespace {

bool is_in_force(const KafkaSettings& settings, const std::string& topic, const std::string& setting,
                 const std::string& value) {
  const auto admin = TopicAdmin::open(settings);
  if (!admin) return false;
  const auto state = (*admin)->look();
  if (!state) return false;
  for (const auto& [number, one] : state->topics) {
    const auto found = one.settings.find(setting);
    if (topic_name(settings, number) == topic) return found != one.settings.end() && found->second == value;
  }
  return false;
}

}  // namespace

void set_by_hand(const KafkaSettings& settings, const std::string& topic, const std::string& setting,
                 const std::string& value) {
  auto conf = kafka::make_conf(settings, {});
  if (!conf) throw std::runtime_error(conf.error().message);
  const auto client = kafka::make_client(RD_KAFKA_PRODUCER, std::move(*conf));
  if (!client) throw std::runtime_error(client.error().message);
  auto* resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
  const kafka::Owned<rd_kafka_error_t> refused(rd_kafka_ConfigResource_add_incremental_config(
      resource, setting.c_str(), RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET, value.c_str()));
  const kafka::Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(client->get()));
  rd_kafka_IncrementalAlterConfigs(client->get(), &resource, 1, nullptr, queue.get());
  rd_kafka_ConfigResource_destroy(resource);
  const kafka::Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(queue.get(), 30'000));
  if (!event || rd_kafka_event_error(event.get())) throw std::runtime_error("the broker did not answer");
  std::size_t count = 0;
  const auto* const* const told = rd_kafka_IncrementalAlterConfigs_result_resources(
      rd_kafka_event_IncrementalAlterConfigs_result(event.get()), &count);
  if (count != 1 || rd_kafka_ConfigResource_error(told[0]))
    throw std::runtime_error("the broker refused " + setting + "=" + value);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!is_in_force(settings, topic, setting, value))
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error(setting + " was never in force");
}

}  // namespace paytick::log::testing
