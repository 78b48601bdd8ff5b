#pragma once
// Topics as code, the pure part: what topics have to be like (topic_rules.cc), and what is between that and
// what they are. Knows no broker.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/kafka/kafka_settings.h"
#include "model/error.h"

namespace paytick::log {

// One setting of some topics: its value, and why.
struct TopicRule {
  std::string_view setting;  // Kafka's name
  bool (*concerns)(Topic topic);
  std::string (*wanted)(const TopicPlan& plan, Topic topic);
  // Whether a promise stands with another value than the wanted one.
  bool (*stands)(const TopicPlan& plan, const std::string& value);
  bool more_is_fine;  // a larger number is left alone
  std::string_view why;
};
const std::vector<TopicRule>& topic_rules();

// What every topic of the plan is made with.
std::map<std::string, std::string> wanted_settings(const TopicPlan& plan, Topic topic);

// A topic as it is.
struct TopicState {
  std::uint32_t partitions = 0;
  std::uint32_t replication = 0;                // of the partition that has the fewest
  std::map<std::string, std::string> settings;  // in force, wherever they are set
  bool has_records = false;                     // only looked at when another topic is missing
};
struct ClusterState {
  std::uint32_t brokers = 0;
  std::map<Topic, TopicState> topics;  // those that are there
  // Kafka's own, that transactions and positions hang on: __transaction_state, __consumer_offsets.
  std::map<std::string, TopicState> internal;
};

enum class Verdict : std::uint8_t {
  harmless,  // worth a line; no promise minds, nor does the plan
  wanted,    // the plan asks for something else; no promise is at stake
  breaks     // a promise does not hold
};
enum class Mend : std::uint8_t {
  none,
  apply,   // `paytick topics apply` does it
  by_hand  // only an operator can: `how` says so
};

// One difference.
struct TopicChange {
  std::string subject;  // "paytick.heartbeats"
  std::string what;     // a setting of Kafka's, "topic", "partitions", "replication"
  std::string from, to;
  Verdict verdict = Verdict::harmless;
  Mend mend = Mend::none;
  std::string why;  // the promise, or the use
  std::string how;  // how an operator mends it

  friend bool operator==(const TopicChange&, const TopicChange&) = default;
};
std::string_view to_text(Verdict verdict);
std::string_view to_text(Mend mend);

// In the order of the topics' numbers. A topic that is missing is one change: its creation.
std::vector<TopicChange> compare_topics(const KafkaSettings& settings, const ClusterState& actual);

// What new topics get: what those that are there have, else the plan's.
std::uint32_t partitions_to_make(const TopicPlan& plan, const ClusterState& actual);

// Whether the plan can be had at all, and keeps what it must. Code "bad_configuration".
Result<void> check_plan(const TopicPlan& plan);

// Whether it holds nothing that is missed: hints, and words about what was refused. What the others hold
// exists nowhere else, and an empty topic in their place would be a lie.
bool is_expendable(Topic topic);

// Why nobody may start on it; nothing when nothing breaks. Codes (all fatal): "topic_missing",
// "topic_mismatch" (partitions), "topic_unsafe".
std::optional<Error> refusal(const std::vector<TopicChange>& changes);

}  // namespace paytick::log
