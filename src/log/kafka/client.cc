#include "log/kafka/client.h"

#include <array>
#include <string_view>

namespace paytick::log::kafka {
namespace {

// What a promise hangs on; nobody else sets it.
constexpr std::array<std::string_view, 12> kReserved{
    "acks",       "request.required.acks", "enable.idempotence",   "isolation.level",
    "check.crcs", "enable.auto.commit",    "auto.offset.reset",    "transactional.id",
    "group.id",   "group.instance.id",     "enable.partition.eof", "partition.assignment.strategy"};

// Producers only, consumers only: librdkafka warns about a property of the other kind.
tl::unexpected<Error> bad(std::string message) {
  return fail("bad_configuration", std::move(message), Next::fatal);
}

// Its lines say nothing that our errors do not; who looks for more sets the property `debug`.
void ignore_log(const rd_kafka_t*, int, const char*, const char*) {}

}  // namespace

Result<Conf> make_conf(const KafkaSettings& settings, const Options& ours) {
  if (settings.bootstrap.empty()) return bad("Kafka: no broker is named; set kafka.bootstrap to host:port.");
  if (settings.request_timeout >= settings.transaction_timeout)
    return bad("Kafka: the request timeout has to be below the transaction timeout.");
  Conf conf(rd_kafka_conf_new());
  std::array<char, 512> why{};
  const auto set = [&](const std::string& key, const std::string& value) {
    return rd_kafka_conf_set(conf.get(), key.c_str(), value.c_str(), why.data(), why.size()) ==
           RD_KAFKA_CONF_OK;
  };
  Options all{{"bootstrap.servers", settings.bootstrap},
              {"client.id", settings.client_id},
              // A broker that is back is found at once.
              {"reconnect.backoff.ms", "50"},
              {"reconnect.backoff.max.ms", "1000"},
              {"topic.metadata.refresh.interval.ms", "30000"},
              // A broker that was held up may list no broker, and then the client knows none. It begins anew
              // with those it was configured with; by default five minutes later. What could keep it from
              // that for ever is mended in our build (tools/librdkafka).
              {"metadata.recovery.strategy", "rebootstrap"},
              {"metadata.recovery.rebootstrap.trigger.ms", "3000"},
              {"socket.nagle.disable", "true"},
              {"broker.address.ttl", "5000"}};
  all.insert(all.end(), ours.begin(), ours.end());
  for (const auto& [key, value] : all)
    if (!set(key, value)) return bad("Kafka: " + std::string(why.data()) + ".");
  for (const auto& [key, value] : settings.properties) {
    for (const std::string_view reserved : kReserved)
      if (key == reserved) return bad("Kafka: the property " + key + " is paytick's own; leave it out.");
    if (!set(key, value)) return bad("Kafka: " + std::string(why.data()) + ".");
  }
  if (settings.properties.find("debug") == settings.properties.end())
    rd_kafka_conf_set_log_cb(conf.get(), ignore_log);
  return conf;
}

Result<Client> make_client(rd_kafka_type_t type, Conf conf) {
  std::array<char, 512> why{};
  Client client(rd_kafka_new(type, conf.get(), why.data(), why.size()));
  if (!client) return bad("Kafka: " + std::string(why.data()) + ".");
  (void)conf.release();  // it is the client's now
  return client;
}

bool is_fenced(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
         code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

Error to_error(rd_kafka_resp_err_t code, const std::string& doing) {
  const std::string message = "Kafka: " + doing + " failed: " + rd_kafka_err2str(code) + ".";
  switch (code) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
      return {"not_authorized", message + " Grant this role its rights (`paytick topics plan` lists them).",
              Next::fatal};
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return {"topic_missing", message + " `paytick topics check` says which one.", Next::retry};
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
      return {"broker_unreachable", message, Next::retry};
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      return {"out_of_range", message, Next::refused};
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
      return {"log_io", message, Next::fatal};
    default:
      return {"log_busy", message, Next::retry};
  }
}

Error to_error(const rd_kafka_error_t& error, const std::string& doing) {
  Error told = to_error(rd_kafka_error_code(&error), doing);
  told.message += std::string(" (") + rd_kafka_error_string(&error) + ")";
  return told;
}

}  // namespace paytick::log::kafka
