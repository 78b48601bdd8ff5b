#pragma once
// What the configuration asks of the topics. What a promise asks of them stands in topic_rules.cc.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace paytick::log {

// Kafka's names of those who log in ("User:ingest"), by what they do. All empty: rights are not managed.
struct Principals {
  std::vector<std::string> ingest, aggregate, settle, project;  // paytick's roles
  std::vector<std::string> operators;  // verify, replay, topics check: they read everything, write nothing
  std::vector<std::string> producers;  // a platform's own, which write heartbeats-in

  bool any() const {
    return !(ingest.empty() && aggregate.empty() && settle.empty() && project.empty() && operators.empty() &&
             producers.empty());
  }
};

struct TopicPlan {
  std::uint32_t partitions = 4;   // of topics that are made; fixed then, and the same for all
  std::uint32_t replication = 3;  // 1 only where losing the disk may lose the log
  std::uint32_t min_insync = 2;   // of them have a record before it is acknowledged
  std::chrono::days keep_heartbeats_in{7};
  std::chrono::days keep_refusals{30};
  Principals principals;
};

// Shorter than that, and what waits for the bridge, or for a person who looks after a weekend, would be gone.
inline constexpr std::chrono::days kKeepLeast{3};

}  // namespace paytick::log
