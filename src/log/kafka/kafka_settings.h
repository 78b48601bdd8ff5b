#pragma once
// How to reach the brokers, and what is paytick's there.

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "log/event_log.h"
#include "log/kafka/topic_plan.h"

namespace paytick::log {

struct KafkaSettings {
  std::string bootstrap;           // host:port,host:port
  std::string prefix = "paytick";  // of topics, groups and transactional ids
  std::string client_id = "paytick";
  // Of this process, for good: the group keeps its partitions for it over a restart. Empty: it joins anew.
  std::string instance_id;

  // How long the broker waits for a transaction of an owner that has fallen silent, before it aborts it.
  // Readers of its topics wait as long; a new owner does not, it aborts at once.
  std::chrono::milliseconds transaction_timeout{10'000};
  // How long a write or a question may take before it is given up: then the caller is told to retry, or that
  // the outcome is in doubt. Below transaction_timeout.
  std::chrono::milliseconds request_timeout{8'000};
  // Silence after which a group gives an instance's partitions to others.
  std::chrono::milliseconds session_timeout{10'000};
  std::size_t fetch_bytes_max = 4 * 1024 * 1024;  // read ahead of a partition's reader
  // Topics that this process follows without hurry: the broker answers when there is a good deal to read, or
  // after 50 ms. A fetch costs it as much as a write does, and else there is one for every write of others.
  std::vector<Topic> gathered;

  TopicPlan topics;

  // Passed to librdkafka as they are: security.protocol, sasl.mechanism, ssl.ca.location, … They win over
  // ours, but for those that a promise hangs on (client.cc), which are refused.
  std::map<std::string, std::string> properties;
};

// "paytick.heartbeats"
std::string topic_name(const KafkaSettings& settings, Topic topic);
// "paytick.aggregator": the consumer group of a role, and the stem of its transactional ids.
std::string group_name(const KafkaSettings& settings, Role role);
// Where a role reads what it consumes, and so what its committed offsets are of.
Topic source_of(Role role);

}  // namespace paytick::log
