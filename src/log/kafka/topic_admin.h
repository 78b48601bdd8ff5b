#pragma once
// Topics as code, the shell: asks the brokers what is there, and makes what topics.h says is to be made.
//
// Errors: those of kafka_log.h; "not_authorized" (fatal) when the login may not look or change;
// "bad_configuration" (fatal) for a plan that cannot be had, and for what the brokers refuse.

#include <memory>
#include <vector>

#include "log/kafka/kafka_settings.h"
#include "log/kafka/topics.h"
#include "model/error.h"

namespace paytick::log {

// One thread at a time.
class TopicAdmin {
 public:
  // Waits for a broker with the first question only. `settings` must outlive it.
  static Result<std::unique_ptr<TopicAdmin>> open(const KafkaSettings& settings);
  ~TopicAdmin();

  Result<ClusterState> look();
  // Every difference to the plan, that of rights included where the plan names who has them.
  Result<std::vector<TopicChange>> compare();
  // Makes those of `changes` that can be, and returns when they are in force and every partition has a leader
  // that answers.
  Result<void> make(const std::vector<TopicChange>& changes);

 private:
  struct Impl;
  explicit TopicAdmin(std::unique_ptr<Impl> impl);
  Result<void> grant();
  Result<void> await_nothing_to_apply();
  std::unique_ptr<Impl> impl_;
};

// The number of partitions that all of them have, when no promise would break on them; else the refusal().
Result<std::uint32_t> safe_partitions(const KafkaSettings& settings);

// The topics of settings.topics: makes what is missing, sets what differs; does nothing when nothing does.
// Also an error: "topic_…" of refusal(), when something is left that breaks a promise.
Result<void> apply_topics(const KafkaSettings& settings);

}  // namespace paytick::log
