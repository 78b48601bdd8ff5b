// Topics as code, against a real broker.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "log/checks.h"
#include "log/kafka/kafka_log.h"
#include "log/kafka/topic_admin.h"
#include "support/kafka_broker.h"

namespace paytick::log {
namespace {

class Topics : public ::testing::Test {
 protected:
  Topics() {
    auto& broker = paytick::testing::KafkaBroker::shared();
    settings_.bootstrap = broker.bootstrap();
    settings_.prefix = broker.fresh_name("topics");
    settings_.topics.partitions = 3;
    settings_.topics.replication = settings_.topics.min_insync = 1;
  }

  std::vector<TopicChange> compare() {
    auto admin = TopicAdmin::open(settings_);
    EXPECT_TRUE(admin) << admin.error().message;
    auto changes = (*admin)->compare();
    EXPECT_TRUE(changes) << changes.error().message;
    return changes.value_or(std::vector<TopicChange>{});
  }
  void apply() {
    const auto applied = apply_topics(settings_);
    ASSERT_TRUE(applied) << applied.error().code << ": " << applied.error().message;
  }

  KafkaSettings settings_;
};

TEST_F(Topics, AreMadeCanBeWrittenAtOnceAndAreLeftAloneThen) {
  const auto before = compare();
  ASSERT_EQ(before.size(), kTopics);
  for (const TopicChange& change : before) {
    EXPECT_EQ(change.what, "topic");
    EXPECT_EQ(change.mend, Mend::apply);
  }
  apply();
  EXPECT_EQ(compare(), std::vector<TopicChange>{});
  auto log = KafkaLog::open(settings_);
  ASSERT_TRUE(log) << log.error().message;
  EXPECT_EQ((*log)->partitions(), 3U);
  for (std::size_t t = 1; t <= kTopics; ++t) {
    const std::vector<NewRecord> record{
        {{static_cast<Topic>(t), PartitionId{2}}, TimeMs{1'790'000'000'000}, "key", "value"}};
    const auto written = (*log)->append(record);
    EXPECT_TRUE(written) << written.error().message;
  }
  apply();
}

}  // namespace
}  // namespace paytick::log
