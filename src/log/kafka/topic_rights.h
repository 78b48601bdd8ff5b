#pragma once
// Who may do what at Kafka, the pure part: the rights that paytick's roles need, and what lies between those
// and what the brokers grant. Only the roles write; a platform's producers write heartbeats-in alone.

#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "log/kafka/kafka_settings.h"
#include "log/kafka/topics.h"

namespace paytick::log {

enum class Resource : std::uint8_t { topic, group, transactional_id, cluster };
enum class Operation : std::uint8_t {
  all,
  read,
  write,
  create,
  remove,
  alter,
  describe,
  describe_configs,
  alter_configs,
  other  // of no concern here
};
std::string_view to_text(Resource resource);
std::string_view to_text(Operation operation);  // as Kafka's tools want it: "DescribeConfigs"

// One entry of Kafka's list (an ACL).
struct Right {
  std::string principal;  // "User:ingest"; "User:*" is everybody
  Resource resource{};
  std::string name;       // "*" is every one
  bool prefixed = false;  // of names that begin so
  Operation operation{};
  bool allowed = true;     // else it is forbidden, whatever else is allowed
  std::string host = "*";  // where from
  friend auto operator<=>(const Right&, const Right&) = default;
};
// "User:ingest may Write topic paytick.heartbeats"
std::string to_text(const Right& right);

// Sorted; empty when the plan names nobody.
std::set<Right> wanted_rights(const KafkaSettings& settings);

// `actual`: nothing when the brokers keep no such list: anybody may do anything.
std::vector<TopicChange> compare_rights(const KafkaSettings& settings,
                                        const std::optional<std::set<Right>>& actual);

// Of the wanted ones, those that compare_rights() says are missing.
std::vector<Right> missing_rights(const KafkaSettings& settings, const std::set<Right>& actual);

inline constexpr std::string_view kRight = "right";  // TopicChange::what of all of these

}  // namespace paytick::log
