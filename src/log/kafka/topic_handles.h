#pragma once
// A client's handles on paytick's topics, made once.

#include <array>
#include <string>

#include "log/checks.h"
#include "log/kafka/client.h"

namespace paytick::log::kafka {

class TopicHandles {
 public:
  TopicHandles(rd_kafka_t* client, const KafkaSettings& settings) {
    for (const Topic topic : kTopics)
      handles_[index(topic)].reset(rd_kafka_topic_new(client, topic_name(settings, topic).c_str(), nullptr));
  }
  rd_kafka_topic_t* of(Topic topic) const { return handles_[index(topic)].get(); }

 private:
  static std::size_t index(Topic topic) { return static_cast<std::size_t>(topic) - 1; }
  std::array<Owned<rd_kafka_topic_t>, kTopics.size()> handles_;
};

// Hands a record to the producer's queue. What it points to must live until its delivery is reported.
rd_kafka_resp_err_t produce(rd_kafka_t* client, const TopicHandles& topics, const NewRecord& record,
                            void* slot);

}  // namespace paytick::log::kafka
