#pragma once
// What an operator does to topics with Kafka's own tools.

#include <string>

#include "log/kafka/kafka_settings.h"

namespace paytick::log::testing {

// Sets one setting of a topic, and returns when the broker goes by it; throws when it refuses.
void set_by_hand(const KafkaSettings& settings, const std::string& topic, const std::string& setting,
                 const std::string& value);

}  // namespace paytick::log::testing
