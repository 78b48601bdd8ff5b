#include "app/kafka_config.h"

#include <chrono>
#include <sstream>
#include <tuple>
#include <utility>
#include <vector>

#include "log/embedded/embedded_reader.h"
#include "log/kafka/kafka_log.h"
#include "log/kafka/topics.h"

namespace paytick::app {
namespace {

// A secret that there may be.
Result<void> add_secret(log::KafkaSettings& settings, const char* property, const char* name,
                        const Environment& environment) {
  const std::string variable = std::string("PAYTICK_") + name;
  if (environment(variable).empty() && environment(variable + "_FILE").empty()) return {};
  auto value = load_secret(name, environment);
  if (!value) return tl::unexpected(value.error());
  settings.properties[property] = std::move(*value);
  return {};
}

// "User:a, User:b"
Result<std::vector<std::string>> principals(const char* key, const std::string& text) {
  std::vector<std::string> out;
  std::stringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const auto first = part.find_first_not_of(" \t");
    if (first == std::string::npos) continue;
    part = part.substr(first, part.find_last_not_of(" \t") - first + 1);
    if (!part.starts_with("User:") || part == "User:*")
      return fail("config_bad_value",
                  std::string("topics.principals.") + key + ": '" + part +
                      "' is nobody's name at Kafka; it begins with User:, as User:ingest");
    out.push_back(std::move(part));
  }
  return out;
}

Result<log::TopicPlan> topic_plan(const Config& config) {
  const Config::Topics& topics = config.topics;
  log::TopicPlan plan;
  plan.partitions = static_cast<std::uint32_t>(config.log.partitions);
  plan.replication = static_cast<std::uint32_t>(topics.replication);
  plan.min_insync = static_cast<std::uint32_t>(topics.min_insync);
  plan.keep_heartbeats_in = std::chrono::days(topics.keep_heartbeats_in_days);
  plan.keep_refusals = std::chrono::days(topics.keep_refusals_days);
  log::Principals& who = plan.principals;
  const auto& from = topics.principals;
  for (const auto& [key, text, to] :
       {std::tuple("ingest", &from.ingest, &who.ingest),
        std::tuple("aggregate", &from.aggregate, &who.aggregate),
        std::tuple("settle", &from.settle, &who.settle), std::tuple("project", &from.project, &who.project),
        std::tuple("operators", &from.operators, &who.operators),
        std::tuple("producers", &from.producers, &who.producers)}) {
    auto names = principals(key, *text);
    if (!names) return tl::unexpected(names.error());
    *to = std::move(*names);
  }
  if (auto good = log::check_plan(plan); !good) return fail("config_bad_value", good.error().message);
  return plan;
}

}  // namespace

Result<log::KafkaSettings> kafka_settings(const Config& config, const Environment& environment) {
  const Config::Kafka& kafka = config.kafka;
  if (kafka.bootstrap.empty())
    return fail("config_missing", "kafka.bootstrap is not set: which brokers? See docs/configuration.md");
  if (kafka.request_timeout_ms >= kafka.transaction_timeout_ms)
    return fail(
        "config_bad_value",
        "kafka.request_timeout_ms must be below kafka.transaction_timeout_ms, so that a write is given "
        "up before its transaction is");
  log::KafkaSettings settings;
  settings.bootstrap = kafka.bootstrap;
  settings.prefix = kafka.prefix;
  settings.instance_id = kafka.instance_id;
  settings.transaction_timeout = std::chrono::milliseconds(kafka.transaction_timeout_ms);
  settings.request_timeout = std::chrono::milliseconds(kafka.request_timeout_ms);
  settings.session_timeout = std::chrono::milliseconds(kafka.session_timeout_ms);
  settings.properties = kafka.properties;
  auto plan = topic_plan(config);
  if (!plan) return tl::unexpected(plan.error());
  settings.topics = std::move(*plan);
  for (const auto& [property, name] : {std::pair("sasl.password", "KAFKA_SASL_PASSWORD"),
                                       std::pair("ssl.key.password", "KAFKA_SSL_KEY_PASSWORD")})
    if (auto done = add_secret(settings, property, name, environment); !done)
      return tl::unexpected(done.error());
  return settings;
}

Result<std::unique_ptr<log::EventLog>> open_log_to_read(const Config& config,
                                                        const Environment& environment) {
  if (config.log.engine != "kafka") {
    auto reader = log::EmbeddedReader::open(config.data / "log");
    if (!reader) return tl::unexpected(reader.error());
    return std::unique_ptr<log::EventLog>(std::move(*reader));
  }
  const auto settings = kafka_settings(config, environment);
  if (!settings) return tl::unexpected(settings.error());
  auto log = log::KafkaLog::open(*settings);
  if (!log) return tl::unexpected(log.error());
  return std::unique_ptr<log::EventLog>(std::move(*log));
}

}  // namespace paytick::app
