#include "raw_kafka.h"

#include <stdexcept>

namespace paytick::testing {
namespace {

rd_kafka_resp_err_t take(rd_kafka_error_t* error) {
  if (error == nullptr) return RD_KAFKA_RESP_ERR_NO_ERROR;
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
  rd_kafka_error_destroy(error);
  return code;
}

void must(rd_kafka_resp_err_t code) {
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(code));
}

}  // namespace

RawClient raw_client(rd_kafka_type_t type, const RawConfig& config) {
  char why[512];
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "log_level", "2", why, sizeof why);
  rd_kafka_conf_set(conf, "reconnect.backoff.ms", "20", why, sizeof why);
  rd_kafka_conf_set(conf, "reconnect.backoff.max.ms", "100", why, sizeof why);
  for (const auto& [key, value] : config)
    if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK)
      throw std::runtime_error(why);
  RawClient client(rd_kafka_new(type, conf, why, sizeof why));
  if (client == nullptr) throw std::runtime_error(why);
  return client;
}

RawClient transactional_producer(const std::string& bootstrap, const std::string& id, RawConfig config) {
  config["bootstrap.servers"] = bootstrap;
  config["transactional.id"] = id;
  RawClient producer = raw_client(RD_KAFKA_PRODUCER, config);
  must(take(rd_kafka_init_transactions(producer.get(), 20'000)));
  return producer;
}

int produce(rd_kafka_t* producer, const std::string& topic, const std::vector<std::string>& values) {
  for (const std::string& value : values)
    must(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(0),
                           RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END));
  rd_kafka_flush(producer, 20'000);
  return rd_kafka_outq_len(producer);
}

rd_kafka_resp_err_t commit(rd_kafka_t* producer, int timeout_ms) {
  return take(rd_kafka_commit_transaction(producer, timeout_ms));
}

std::vector<std::string> read_all(const std::string& bootstrap, const std::string& topic) {
  const RawClient consumer = raw_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", bootstrap},
                                                            {"group.id", "reader"},
                                                            {"isolation.level", "read_committed"},
                                                            {"enable.partition.eof", "true"},
                                                            {"enable.auto.commit", "false"}});
  rd_kafka_poll_set_consumer(consumer.get());
  rd_kafka_topic_partition_list_t* const all = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(all, topic.c_str(), 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
  must(rd_kafka_assign(consumer.get(), all));
  rd_kafka_topic_partition_list_destroy(all);
  std::vector<std::string> values;
  for (bool at_end = false; !at_end;) {
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(consumer.get(), 20'000);
    if (message == nullptr) throw std::runtime_error("nothing from the broker for 20 s");
    at_end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
      values.emplace_back(static_cast<const char*>(message->payload), message->len);
    rd_kafka_message_destroy(message);
  }
  rd_kafka_consumer_close(consumer.get());
  return values;
}

}  // namespace paytick::testing
