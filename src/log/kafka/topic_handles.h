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
    for (std::size_t i = 0; i < kTopics; ++i)
      handles_[i].reset(
          rd_kafka_topic_new(client, topic_name(settings, static_cast<Topic>(i + 1)).c_str(), nullptr));
  }
  rd_kafka_topic_t* of(Topic topic) const { return handles_[static_cast<std::size_t>(topic) - 1].get(); }

 private:
  std::array<Owned<rd_kafka_topic_t>, kTopics> handles_;
};

// Hands a record to the producer's queue. What it points to must live until its delivery is reported.
rd_kafka_resp_err_t produce(rd_kafka_t* client, const TopicHandles& topics, const NewRecord& record,
                            void* slot);

}  // namespace paytick::log::kafka
