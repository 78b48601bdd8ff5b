#pragma once
// Kafka as any client sees it, past paytick's engine: for tests of the broker itself.

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace paytick::testing {

using RawConfig = std::map<std::string, std::string>;

struct DestroyKafka {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
using RawClient = std::unique_ptr<rd_kafka_t, DestroyKafka>;

// Throws what librdkafka says against it.
RawClient raw_client(rd_kafka_type_t type, const RawConfig& config);
// With a transactional id, ready for its first transaction.
RawClient transactional_producer(const std::string& bootstrap, const std::string& id, RawConfig config = {});

// Appends and returns when all are acknowledged, or with how many were not.
int produce(rd_kafka_t* producer, const std::string& topic, const std::vector<std::string>& values);
// The code of what the call returned; 0 if it went well.
rd_kafka_resp_err_t commit(rd_kafka_t* producer, int timeout_ms = 10'000);

// All that a new consumer can read of partition 0 now; committed records only.
std::vector<std::string> read_all(const std::string& bootstrap, const std::string& topic);

}  // namespace paytick::testing
