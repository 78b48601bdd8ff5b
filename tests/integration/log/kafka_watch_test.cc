// A broker that is away, silent or slow, and topics that are deleted or made anew under an open log.

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "log/kafka/kafka_log.h"
#include "log/kafka/topic_admin.h"
#include "support/kafka_broker.h"

namespace paytick::log {
namespace {

using std::chrono::milliseconds;

constexpr TopicPartition kInputs{Topic::heartbeats, PartitionId{0}};
constexpr TopicPartition kReplies{Topic::replies, PartitionId{0}};
constexpr auto kPatience = std::chrono::seconds(60);  // no test waits as long unless it fails

testing::KafkaBroker& broker() { return testing::KafkaBroker::shared(); }

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return true;
}

class KafkaWatch : public ::testing::Test {
 protected:
  KafkaWatch() {
    settings_.bootstrap = broker().bootstrap();
    settings_.prefix = broker().fresh_name("watch");
    settings_.topics.partitions = 1;
    settings_.topics.replication = settings_.topics.min_insync = 1;
    settings_.request_timeout = milliseconds(3'000);
    EXPECT_TRUE(apply_topics(settings_));
    auto opened = KafkaLog::open(settings_);
    EXPECT_TRUE(opened) << opened.error().message;
    log_ = std::move(*opened);
  }

  std::string name(Topic topic) const { return topic_name(settings_, topic); }
  Result<std::vector<Offset>> append(TopicPartition to) {
    const NewRecord record{to, {1}, {}, "x"};
    return log_->append(std::span(&record, 1));
  }
  std::string trouble() const {
    const auto error = log_->trouble();
    return error ? error->code : "";
  }
  bool has_trouble(const std::string& code) {
    return eventually([&] { return trouble() == code; });
  }

  KafkaSettings settings_;
  std::unique_ptr<KafkaLog> log_;
};

TEST_F(KafkaWatch, TellsASilentBrokerFromOneThatIsAway) {
  EXPECT_EQ(trouble(), "");
  broker().pause();
  EXPECT_TRUE(has_trouble("broker_slow"));
  EXPECT_FALSE(log_->counters().reachable);
  broker().resume();
  EXPECT_TRUE(has_trouble(""));
  broker().kill();
  EXPECT_TRUE(has_trouble("broker_unreachable"));
  EXPECT_FALSE(log_->counters().reachable);
  broker().start();
  EXPECT_TRUE(has_trouble(""));
  EXPECT_TRUE(append(kInputs));
}

TEST_F(KafkaWatch, ALostTopicStopsAllOfThem) {
  ASSERT_TRUE(append(kInputs));
  broker().delete_topic(name(Topic::ticks));
  ASSERT_TRUE(has_trouble("topic_lost"));
  EXPECT_EQ(log_->trouble()->next, Next::fatal);
  EXPECT_NE(log_->trouble()->message.find(name(Topic::ticks)), std::string::npos);
  EXPECT_TRUE(log_->counters().topic_lost);
  const auto appended = append(kInputs);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, "topic_lost");
  EXPECT_EQ(appended.error().next, Next::retry);
  EXPECT_EQ(log_->read(kInputs, Offset{0}, 1'000).error().code, "topic_lost");
  EXPECT_EQ(log_->range(kInputs).error().code, "topic_lost");
  EXPECT_EQ(log_->acquire(Role::aggregator, PartitionId{0}).error().code, "topic_lost");
  EXPECT_EQ(log_->position(Role::aggregator, PartitionId{0}).error().code, "topic_lost");
  EXPECT_EQ(KafkaLog::open(settings_).error().code, "topic_missing");
}

// Faster than the watch looks: a write, or a read, finds out.
TEST_F(KafkaWatch, ATopicThatWasMadeAnewIsNotTheSame) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(append(kInputs));
  broker().delete_topic(name(Topic::heartbeats));
  broker().create_topic(name(Topic::heartbeats), 1);
  const auto appended = append(kInputs);
  ASSERT_FALSE(appended) << "acknowledged at " << static_cast<std::int64_t>(appended->front());
  EXPECT_TRUE(appended.error().code == "in_doubt" || appended.error().code == "topic_lost" ||
              appended.error().code == "topic_replaced")
      << appended.error().code;
  EXPECT_TRUE(has_trouble("topic_replaced"));
  EXPECT_EQ(append(kInputs).error().code, "topic_replaced");
  EXPECT_EQ(log_->read(kInputs, Offset{3}, 1'000).error().code, "topic_replaced");
}

TEST_F(KafkaWatch, HintsAreNotMissed) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(append(kReplies));
  broker().delete_topic(name(Topic::replies));
  ASSERT_TRUE(has_trouble("topic_lost"));
  ASSERT_TRUE(apply_topics(settings_));
  ASSERT_TRUE(has_trouble(""));
  EXPECT_TRUE(eventually([&] { return append(kReplies).has_value(); }));
  EXPECT_TRUE(eventually([&] {
    const auto records = log_->read(kReplies, Offset{0}, 1'000);
    return records && !records->empty();
  }));
  EXPECT_TRUE(append(kInputs));
}

}  // namespace
}  // namespace paytick::log
