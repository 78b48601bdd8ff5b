#include "log/kafka/kafka_settings.h"

namespace paytick::log {

std::string topic_name(const KafkaSettings& settings, Topic topic) {
  return settings.prefix + "." + std::string(to_text(topic));
}

std::string group_name(const KafkaSettings& settings, Role role) {
  return settings.prefix + "." + std::string(to_text(role));
}

Topic source_of(Role role) {
  switch (role) {
    case Role::aggregator:
      return Topic::heartbeats;
    case Role::settler:
      return Topic::ticks;
    case Role::bridge:
      return Topic::heartbeats_in;
  }
  return Topic::heartbeats;
}

}  // namespace paytick::log
