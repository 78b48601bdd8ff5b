// That the broker which the Kafka tests stand on is what they take it for, and that its faults are the faults
// that they name: shown with a plain client, without paytick's engine.

#include <gmock/gmock.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "raw_kafka.h"
#include "support/kafka_broker.h"

namespace paytick::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Codes = rd_kafka_resp_err_t;

KafkaBroker& broker() {
  static KafkaBroker proxied({.proxied = true});
  return proxied;
}

std::string new_topic() {
  std::string name = broker().fresh_name();
  broker().create_topic(name);
  return name;
}

std::vector<std::string> numbered(int count) {
  std::vector<std::string> values;
  for (int i = 0; i < count; ++i) values.push_back(std::to_string(i));
  return values;
}

TEST(KafkaBroker, GivesBackWhatWasProduced) {
  const std::string topic = new_topic();
  const RawClient producer = raw_client(
      RD_KAFKA_PRODUCER, {{"bootstrap.servers", broker().bootstrap()}, {"compression.codec", "lz4"}});
  EXPECT_EQ(produce(producer.get(), topic, {"a", "b", "c"}), 0);
  EXPECT_THAT(read_all(broker().bootstrap(), topic), ElementsAre("a", "b", "c"));
}

TEST(KafkaBroker, ShowsCommittedTransactionsOnly) {
  const std::string topic = new_topic();
  const RawClient producer = transactional_producer(broker().bootstrap(), topic);
  rd_kafka_begin_transaction(producer.get());
  EXPECT_EQ(produce(producer.get(), topic, {"aborted"}), 0);
  EXPECT_EQ(rd_kafka_abort_transaction(producer.get(), 10'000), nullptr);
  rd_kafka_begin_transaction(producer.get());
  EXPECT_EQ(produce(producer.get(), topic, {"committed"}), 0);
  EXPECT_EQ(commit(producer.get()), Codes{});
  rd_kafka_begin_transaction(producer.get());
  EXPECT_EQ(produce(producer.get(), topic, {"open"}), 0);
  EXPECT_THAT(read_all(broker().bootstrap(), topic), ElementsAre("committed"));
}

TEST(KafkaBroker, KeepsWhatItAcknowledgedWhenItIsKilled) {
  const std::string topic = new_topic();
  const RawClient producer = raw_client(
      RD_KAFKA_PRODUCER, {{"bootstrap.servers", broker().bootstrap()}, {"enable.idempotence", "true"}});
  const std::vector<std::string> values = numbered(1000);
  ASSERT_EQ(produce(producer.get(), topic, values), 0);
  const std::string before = broker().bootstrap();
  broker().kill();
  EXPECT_FALSE(broker().alive());
  broker().start();
  EXPECT_EQ(broker().bootstrap(), before);
  EXPECT_EQ(read_all(broker().bootstrap(), topic), values);
  EXPECT_EQ(produce(producer.get(), topic, {"after"}), 0);
}

TEST(KafkaBroker, GoesOnAfterAnOrderlyStop) {
  const std::string topic = new_topic();
  const RawClient producer = transactional_producer(broker().bootstrap(), topic);
  rd_kafka_begin_transaction(producer.get());
  ASSERT_EQ(produce(producer.get(), topic, {"a"}), 0);
  broker().stop();
  EXPECT_FALSE(broker().alive());
  broker().start();
  EXPECT_EQ(commit(producer.get(), 30'000), Codes{});
  EXPECT_THAT(read_all(broker().bootstrap(), topic), ElementsAre("a"));
}

TEST(KafkaBroker, EndsOnAFullDiskAndKeepsWhatItAcknowledged) {
  const std::string topic = new_topic();
  const RawClient producer = raw_client(
      RD_KAFKA_PRODUCER, {{"bootstrap.servers", broker().bootstrap()}, {"enable.idempotence", "true"}});
  ASSERT_EQ(produce(producer.get(), topic, {"a"}), 0);
  broker().fill_disk();
  rd_kafka_producev(producer.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(0),
                    RD_KAFKA_V_VALUE(const_cast<char*>("b"), 1), RD_KAFKA_V_END);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (broker().alive() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ASSERT_FALSE(broker().alive());
  EXPECT_GE(rd_kafka_outq_len(producer.get()), 1);  // nobody has acknowledged it
  broker().start();
  EXPECT_EQ(produce(producer.get(), topic, {"c"}), 0);
  EXPECT_THAT(read_all(broker().bootstrap(), topic), ElementsAre("a", "b", "c"));
}

TEST(KafkaBroker, LosesATopic) {
  const std::string topic = new_topic();
  broker().delete_topic(topic);
  EXPECT_THROW(broker().delete_topic(topic), std::runtime_error);
  broker().create_topic(topic);
  EXPECT_THAT(read_all(broker().bootstrap(), topic), IsEmpty());
  EXPECT_THROW(broker().create_topic(topic), std::runtime_error);
}

TEST(KafkaBroker, AnswersNothingWhilePaused) {
  const std::string topic = new_topic();
  const RawClient producer = raw_client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", broker().bootstrap()}});
  ASSERT_EQ(produce(producer.get(), topic, {"a"}), 0);
  broker().pause();
  const struct rd_kafka_metadata* metadata = nullptr;
  EXPECT_EQ(rd_kafka_metadata(producer.get(), 0, nullptr, &metadata, 300), RD_KAFKA_RESP_ERR__TIMED_OUT);
  broker().resume();
  EXPECT_EQ(produce(producer.get(), topic, {"b"}), 0);
  EXPECT_THAT(read_all(broker().bootstrap(), topic), ElementsAre("a", "b"));
}

// A producer whose EndTxn stands before the broker, in the proxy's hands; the caller has given up on it.
RawClient with_held_commit(const std::string& topic) {
  RawClient producer = transactional_producer(broker().proxied_bootstrap(), topic);
  rd_kafka_begin_transaction(producer.get());
  EXPECT_EQ(produce(producer.get(), topic, {"late"}), 0);
  broker().proxy().hold_next(KafkaApi::end_txn);
  EXPECT_EQ(commit(producer.get(), 300), RD_KAFKA_RESP_ERR__TIMED_OUT);
  EXPECT_TRUE(broker().proxy().await_held());
  return producer;
}

TEST(KafkaProxy, LetsACommitArriveAfterItsClientHasGone) {
  const std::string topic = new_topic();
  with_held_commit(topic).reset();
  EXPECT_THAT(read_all(broker().bootstrap(), topic), IsEmpty());
  EXPECT_TRUE(broker().proxy().release());
  EXPECT_THAT(read_all(broker().bootstrap(), topic), ElementsAre("late"));
}

TEST(KafkaProxy, LetsALateCommitMeetANewProducerOfItsName) {
  const std::string topic = new_topic();
  with_held_commit(topic).reset();
  const RawClient successor = transactional_producer(broker().bootstrap(), topic);
  EXPECT_TRUE(broker().proxy().release());
  rd_kafka_begin_transaction(successor.get());
  EXPECT_EQ(produce(successor.get(), topic, {"new"}), 0);
  EXPECT_EQ(commit(successor.get()), Codes{});
  EXPECT_THAT(read_all(broker().bootstrap(), topic), ElementsAre("new"));
}

TEST(KafkaProxy, CutsTheAnswerToACommitThatWasApplied) {
  const std::string topic = new_topic();
  const RawClient producer = transactional_producer(broker().proxied_bootstrap(), topic);
  rd_kafka_begin_transaction(producer.get());
  ASSERT_EQ(produce(producer.get(), topic, {"a"}), 0);
  const std::int64_t before = broker().proxy().forwarded(KafkaApi::end_txn);
  broker().proxy().cut_after(KafkaApi::end_txn);
  EXPECT_EQ(commit(producer.get()), Codes{});  // the client asks again by itself
  EXPECT_EQ(broker().proxy().forwarded(KafkaApi::end_txn) - before, 2);
  EXPECT_THAT(read_all(broker().bootstrap(), topic), ElementsAre("a"));
}

TEST(KafkaProxy, KeepsABlockedClientAwayFromTheBroker) {
  const std::string topic = new_topic();
  const RawClient producer =
      raw_client(RD_KAFKA_PRODUCER,
                 {{"bootstrap.servers", broker().proxied_bootstrap()}, {"enable.idempotence", "true"}});
  ASSERT_EQ(produce(producer.get(), topic, {"a"}), 0);
  broker().proxy().block(true);
  const struct rd_kafka_metadata* metadata = nullptr;
  EXPECT_NE(rd_kafka_metadata(producer.get(), 0, nullptr, &metadata, 300), RD_KAFKA_RESP_ERR_NO_ERROR);
  broker().proxy().block(false);
  EXPECT_EQ(produce(producer.get(), topic, {"b"}), 0);
  EXPECT_THAT(read_all(broker().bootstrap(), topic), ElementsAre("a", "b"));
}

}  // namespace
}  // namespace paytick::testing
