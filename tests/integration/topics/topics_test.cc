// Topics as code, against a real broker.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "log/checks.h"
#include "log/kafka/kafka_log.h"
#include "log/kafka/topic_admin.h"
#include "support/kafka_broker.h"
#include "topics/by_hand.h"

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
  ASSERT_EQ(before.size(), kTopics.size());
  for (const TopicChange& change : before) {
    EXPECT_EQ(change.what, "topic");
    EXPECT_EQ(change.mend, Mend::apply);
  }
  apply();
  EXPECT_EQ(compare(), std::vector<TopicChange>{});
  auto log = KafkaLog::open(settings_);
  ASSERT_TRUE(log) << log.error().message;
  EXPECT_EQ((*log)->partitions(), 3U);
  for (const Topic topic : kTopics) {
    const std::vector<NewRecord> record{{{topic, PartitionId{2}}, TimeMs{1'790'000'000'000}, "key", "value"}};
    const auto written = (*log)->append(record);
    EXPECT_TRUE(written) << written.error().message;
  }
  apply();
}

TEST_F(Topics, ASettingChangedByHandIsToldAndMended) {
  apply();
  const std::string heartbeats = topic_name(settings_, Topic::heartbeats);
  testing::set_by_hand(settings_, heartbeats, "retention.ms", "86400000");
  const auto changes = compare();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].subject, heartbeats);
  EXPECT_EQ(changes[0].what, "retention.ms");
  EXPECT_EQ(changes[0].from, "86400000");
  EXPECT_EQ(changes[0].to, "-1");
  EXPECT_EQ(changes[0].verdict, Verdict::breaks);
  EXPECT_EQ(changes[0].mend, Mend::apply);
  apply();
  EXPECT_EQ(compare(), std::vector<TopicChange>{});
}

struct Breach {
  Topic topic;
  std::string setting, value;
};

TEST_F(Topics, NobodyStartsOnASettingThatBreaksAPromise) {
  apply();
  ASSERT_TRUE(KafkaLog::open(settings_));
  for (const auto& [topic, setting, value] : {Breach{Topic::heartbeats, "cleanup.policy", "compact"},
                                              Breach{Topic::ticks, "retention.ms", "604800000"},
                                              Breach{Topic::settlements, "retention.bytes", "1073741824"},
                                              Breach{Topic::heartbeats, "min.insync.replicas", "2"},
                                              Breach{Topic::ticks, "unclean.leader.election.enable", "true"},
                                              Breach{Topic::ticks, "message.timestamp.type", "LogAppendTime"},
                                              Breach{Topic::heartbeats, "max.message.bytes", "262144"},
                                              Breach{Topic::catalog, "cleanup.policy", "delete"},
                                              Breach{Topic::heartbeats_in, "retention.ms", "3600000"}}) {
    const std::string name = topic_name(settings_, topic);
    const std::string told = name + std::string(" has ").append(setting).append(" ").append(value);
    SCOPED_TRACE(told);
    testing::set_by_hand(settings_, name, setting, value);
    const auto log = KafkaLog::open(settings_);
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().code, "topic_unsafe");
    EXPECT_EQ(log.error().next, Next::fatal);
    EXPECT_NE(log.error().message.find(told), std::string::npos) << log.error().message;
    EXPECT_NE(log.error().message.find("paytick topics apply"), std::string::npos) << log.error().message;
    apply();
    EXPECT_TRUE(KafkaLog::open(settings_));
  }
}

TEST_F(Topics, NobodyStartsWithoutThemNorOnFewerCopiesThanAreAskedFor) {
  auto log = KafkaLog::open(settings_);
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, "topic_missing");
  apply();
  settings_.topics.replication = 3;
  settings_.topics.min_insync = 2;
  log = KafkaLog::open(settings_);
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, "topic_unsafe");
  EXPECT_NE(log.error().message.find("has replication 1, not 3"), std::string::npos) << log.error().message;
}

TEST_F(Topics, NobodyStartsOnDifferentNumbersOfPartitions) {
  auto& broker = paytick::testing::KafkaBroker::shared();
  broker.create_topic(topic_name(settings_, Topic::ticks), 5,
                      wanted_settings(settings_.topics, Topic::ticks));
  broker.create_topic(topic_name(settings_, Topic::heartbeats), 3,
                      wanted_settings(settings_.topics, Topic::heartbeats));
  const auto applied = apply_topics(settings_);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, "topic_mismatch") << applied.error().message;
  const auto log = KafkaLog::open(settings_);
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, "topic_mismatch") << log.error().message;
}

TEST_F(Topics, ThoseThatAreThereSayTheNumberOfPartitions) {
  paytick::testing::KafkaBroker::shared().create_topic(topic_name(settings_, Topic::replies), 2);
  apply();
  const auto log = KafkaLog::open(settings_);
  ASSERT_TRUE(log) << log.error().message;
  EXPECT_EQ((*log)->partitions(), 2U);
}

// The others have given a broker up that stood still for longer than its session: until it is let in again it
// tells of a cluster without brokers and without a controller.
TEST_F(Topics, ABrokerThatIsNotLetInYetIsWaitedFor) {
  apply();
  auto& broker = paytick::testing::KafkaBroker::shared();
  const std::string there = settings_.prefix;
  for (const int more_ms : {0, 200, 400}) {
    broker.pause();
    std::this_thread::sleep_for(std::chrono::milliseconds(3'000 + more_ms));  // the fault is a duration
    broker.resume();
    settings_.prefix = broker.fresh_name("topics");
    apply();
    settings_.prefix = there;
    const auto log = KafkaLog::open(settings_);
    EXPECT_TRUE(log) << log.error().message;
  }
}

TEST_F(Topics, ACopyTooManyForTheClusterIsNotTried) {
  settings_.topics.replication = 3;
  settings_.topics.min_insync = 2;
  const auto changes = compare();
  ASSERT_GE(changes.size(), kTopics.size());
  EXPECT_EQ(changes[0].mend, Mend::by_hand);
  EXPECT_NE(changes[0].how.find("topics.replication"), std::string::npos);
  const auto applied = apply_topics(settings_);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, "topic_missing");
}

}  // namespace
}  // namespace paytick::log
