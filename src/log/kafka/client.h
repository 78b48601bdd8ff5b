#pragma once
// What every librdkafka client of the engine shares: its configuration, who owns it, and how its errors are
// told.

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "log/kafka/kafka_settings.h"
#include "model/error.h"

namespace paytick::log::kafka {

struct Destroy {
  void operator()(rd_kafka_t* p) const { rd_kafka_destroy(p); }
  void operator()(rd_kafka_conf_t* p) const { rd_kafka_conf_destroy(p); }
  void operator()(rd_kafka_topic_t* p) const { rd_kafka_topic_destroy(p); }
  void operator()(rd_kafka_queue_t* p) const { rd_kafka_queue_destroy(p); }
  void operator()(rd_kafka_event_t* p) const { rd_kafka_event_destroy(p); }
  void operator()(rd_kafka_error_t* p) const { rd_kafka_error_destroy(p); }
  void operator()(rd_kafka_message_t* p) const { rd_kafka_message_destroy(p); }
  void operator()(rd_kafka_topic_partition_list_t* p) const { rd_kafka_topic_partition_list_destroy(p); }
  void operator()(rd_kafka_consumer_group_metadata_t* p) const {
    rd_kafka_consumer_group_metadata_destroy(p);
  }
  void operator()(rd_kafka_AdminOptions_t* p) const { rd_kafka_AdminOptions_destroy(p); }
  void operator()(const rd_kafka_metadata_t* p) const { rd_kafka_metadata_destroy(p); }
};
template <typename T>
using Owned = std::unique_ptr<T, Destroy>;
using Client = Owned<rd_kafka_t>;
using Conf = Owned<rd_kafka_conf_t>;

using Options = std::vector<std::pair<std::string, std::string>>;

// The settings as librdkafka's configuration: `ours` are this client's own needs. Errors:
// "bad_configuration".
Result<Conf> make_conf(const KafkaSettings& settings, const Options& ours);
Result<Client> make_client(rd_kafka_type_t type, Conf conf);

// How a failure is told: `doing` completes "Kafka: … failed". What may have happened is the caller's to know,
// so `next` is retry unless the error says that no retry helps.
Error to_error(rd_kafka_resp_err_t code, const std::string& doing);
Error to_error(const rd_kafka_error_t& error, const std::string& doing);

// Whether it says that another producer of the same transactional id has taken over.
bool is_fenced(rd_kafka_resp_err_t code);

inline int milliseconds_of(std::chrono::milliseconds time) { return static_cast<int>(time.count()); }

}  // namespace paytick::log::kafka
