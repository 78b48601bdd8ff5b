// What `paytick topics` makes of what it finds; no broker.

#include "log/kafka/topics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "log/checks.h"
#include "log/kafka/topic_rights.h"

namespace paytick::log {
namespace {

KafkaSettings settings() {
  KafkaSettings out;
  out.bootstrap = "broker:9092";
  return out;
}

// As apply leaves them.
ClusterState made(const TopicPlan& plan) {
  ClusterState state;
  state.brokers = 3;
  for (const Topic topic : kTopics) {
    state.topics[topic] = {plan.partitions, plan.replication, wanted_settings(plan, topic), false};
  }
  return state;
}

TEST(TopicRules, EveryTopicHasOneValueForEachSettingAndTheyAreKept) {
  const KafkaSettings is = settings();
  for (const Topic topic : kTopics) {
    std::map<std::string_view, int> rules;
    for (const TopicRule& rule : topic_rules()) {
      EXPECT_FALSE(rule.why.empty());
      if (rule.concerns(topic)) ++rules[rule.setting];
    }
    for (const auto& [setting, count] : rules) EXPECT_EQ(count, 1) << to_text(topic) << " " << setting;
  }
  EXPECT_EQ(compare_topics(is, made(is.topics)), std::vector<TopicChange>{});
  EXPECT_EQ(wanted_settings(is.topics, Topic::heartbeats)["retention.ms"], "-1");
  EXPECT_EQ(wanted_settings(is.topics, Topic::heartbeats)["min.insync.replicas"], "2");
  EXPECT_EQ(wanted_settings(is.topics, Topic::heartbeats_in)["retention.ms"], "604800000");
  EXPECT_EQ(wanted_settings(is.topics, Topic::catalog)["cleanup.policy"], "compact");
}

TEST(TopicRules, AreTheOnesThatAreDocumented) {
  std::ifstream in(std::string(PAYTICK_SOURCE_DIR) + "/docs/kafka.md");
  std::stringstream page;
  page << in.rdbuf();
  for (const TopicRule& rule : topic_rules()) {
    EXPECT_NE(page.str().find("`" + std::string(rule.setting) + "`"), std::string::npos) << rule.setting;
    EXPECT_NE(page.str().find(rule.why), std::string::npos) << rule.why;
  }
}

TEST(TopicComparison, TellsABreachFromAWish) {
  const KafkaSettings is = settings();
  ClusterState state = made(is.topics);
  state.topics[Topic::ticks].settings["retention.ms"] = "86400000";
  state.topics[Topic::ticks].settings["compression.type"] = "gzip";
  state.topics[Topic::ticks].settings["max.message.bytes"] = "10485760";  // more is fine
  state.topics[Topic::refusals].settings["retention.ms"] = "604800000";
  state.topics[Topic::refusals].settings.erase("message.timestamp.after.max.ms");  // an older Kafka
  const auto changes = compare_topics(is, state);
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[0].what, "retention.ms");
  EXPECT_EQ(changes[0].verdict, Verdict::breaks);
  EXPECT_EQ(changes[1].what, "compression.type");
  EXPECT_EQ(changes[1].verdict, Verdict::wanted);
  EXPECT_EQ(changes[2].subject, "paytick.refusals");
  EXPECT_EQ(changes[2].verdict, Verdict::wanted);
  const auto why = refusal(changes);
  ASSERT_TRUE(why);
  EXPECT_EQ(why->code, "topic_unsafe");
  EXPECT_EQ(why->next, Next::fatal);
  EXPECT_EQ(refusal({changes[1], changes[2]}), std::nullopt);
}

TEST(TopicComparison, ALostTopicIsNotMadeAnew) {
  const KafkaSettings is = settings();
  ClusterState state = made(is.topics);
  state.topics.erase(Topic::ticks);
  state.topics.erase(Topic::replies);
  auto changes = compare_topics(is, state);
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].mend, Mend::apply);  // nothing was ever written

  state.topics[Topic::heartbeats].has_records = true;
  changes = compare_topics(is, state);
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].subject, "paytick.ticks");
  EXPECT_EQ(changes[0].mend, Mend::by_hand);
  EXPECT_EQ(changes[1].subject, "paytick.replies");  // hints, which may be lost
  EXPECT_EQ(changes[1].mend, Mend::apply);
}

TEST(TopicComparison, PartitionsAndCopiesAreForHands) {
  const KafkaSettings is = settings();
  ClusterState state = made(is.topics);
  for (auto& [topic, one] : state.topics) one.partitions = 16;
  auto changes = compare_topics(is, state);
  ASSERT_EQ(changes.size(), kTopics.size());
  EXPECT_EQ(changes[0].verdict, Verdict::harmless);
  EXPECT_EQ(refusal(changes), std::nullopt);

  state.topics[Topic::ticks].partitions = 4;
  const auto mismatch = refusal(compare_topics(is, state));
  ASSERT_TRUE(mismatch);
  EXPECT_EQ(mismatch->code, "topic_mismatch");

  state = made(is.topics);
  state.topics[Topic::ticks].replication = 1;
  state.internal["__transaction_state"] = {50, 1, {{"min.insync.replicas", "1"}}, false};
  changes = compare_topics(is, state);
  ASSERT_EQ(changes.size(), 4U);
  for (const TopicChange& change : changes) EXPECT_EQ(change.verdict, Verdict::breaks);
  EXPECT_EQ(changes[1].what, "min.insync.replicas");  // two copies of one: nothing could be written
  EXPECT_EQ(changes[2].subject, "__transaction_state");
}

TEST(TopicPlan, KeepsWhatAPromiseNeeds) {
  TopicPlan plan;
  EXPECT_TRUE(check_plan(plan));
  plan.min_insync = 1;
  EXPECT_FALSE(check_plan(plan));
  plan.replication = 1;
  EXPECT_TRUE(check_plan(plan));
  plan.min_insync = 2;
  EXPECT_FALSE(check_plan(plan));
  plan = {};
  plan.keep_heartbeats_in = std::chrono::days(1);
  EXPECT_FALSE(check_plan(plan));
  plan = {};
  plan.partitions = 0;
  EXPECT_FALSE(check_plan(plan));
}

KafkaSettings with_principals() {
  KafkaSettings out = settings();
  out.topics.principals = {{"User:i"}, {"User:a"}, {"User:s"}, {"User:p"}, {"User:o"}, {"User:x"}};
  return out;
}

std::vector<std::string> intruders(const KafkaSettings& is, Right more) {
  auto actual = wanted_rights(is);
  actual.insert(std::move(more));
  std::vector<std::string> out;
  for (const TopicChange& change : compare_rights(is, actual))
    if (change.verdict == Verdict::breaks) out.push_back(change.how);
  return out;
}

TEST(Rights, AreAskedForOnlyWhereSomebodyIsNamed) {
  EXPECT_TRUE(wanted_rights(settings()).empty());
  EXPECT_TRUE(compare_rights(settings(), std::nullopt).empty());
  const auto open = compare_rights(with_principals(), std::nullopt);
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].verdict, Verdict::breaks);
}

TEST(Rights, OnlyTheOwningRoleWritesATopic) {
  const KafkaSettings is = with_principals();
  std::map<std::string, std::string> writers;
  for (const Right& right : wanted_rights(is))
    if (right.operation == Operation::write && right.resource == Resource::topic)
      writers[right.name] += right.principal.substr(5);
  EXPECT_EQ(writers["paytick.heartbeats"], "ais");
  EXPECT_EQ(writers["paytick.ticks"], "a");
  EXPECT_EQ(writers["paytick.settlements"], "s");
  EXPECT_EQ(writers["paytick.heartbeats-in"], "x");
  EXPECT_EQ(writers["paytick.replies"], "a");
  EXPECT_TRUE(compare_rights(is, wanted_rights(is)).empty());
}

TEST(Rights, WiderGrantsAreEnoughAndADenialIsNot) {
  const KafkaSettings is = with_principals();
  std::set<Right> actual = wanted_rights(is);
  for (auto right = actual.begin(); right != actual.end();)
    right = right->principal == "User:o" ? actual.erase(right) : std::next(right);
  EXPECT_EQ(missing_rights(is, actual).size(), 4U);
  actual.insert({"User:o", Resource::topic, "*", false, Operation::read});
  actual.insert({"User:o", Resource::topic, "pay", true, Operation::describe_configs});
  actual.insert({"User:*", Resource::group, "*", false, Operation::read});
  actual.insert({"User:o", Resource::cluster, "kafka-cluster", false, Operation::all});
  EXPECT_TRUE(missing_rights(is, actual).empty());
  actual.insert({"User:*", Resource::topic, "paytick.ticks", false, Operation::write, false});
  const auto changes = compare_rights(is, actual);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].mend, Mend::by_hand);
}

TEST(Rights, StrangersAreFoundHoweverTheyGotIn) {
  const KafkaSettings is = with_principals();
  const auto found = intruders(is, {"User:z", Resource::topic, "pay", true, Operation::write});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0],
            "kafka-acls.sh --bootstrap-server broker:9092 --remove --force --allow-principal User:z "
            "--operation Write --topic 'pay' --resource-pattern-type prefixed");
  EXPECT_EQ(intruders(is, {"User:*", Resource::topic, "*", false, Operation::all}).size(), 1U);
  EXPECT_EQ(intruders(is, {"User:x", Resource::topic, "paytick.ticks", false, Operation::remove}).size(), 1U);
  EXPECT_EQ(intruders(is, {"User:i", Resource::topic, "paytick.ticks", false, Operation::write}).size(), 1U);
  EXPECT_EQ(intruders(is, {"User:z", Resource::transactional_id, "*", false, Operation::write}).size(), 1U);
  // None of these reaches what is ours, or may do harm there.
  EXPECT_TRUE(
      intruders(is, {"User:z", Resource::topic, "paytick.heartbeats-in", false, Operation::write}).empty());
  EXPECT_TRUE(intruders(is, {"User:z", Resource::topic, "paytick.ticks", false, Operation::read}).empty());
  EXPECT_TRUE(intruders(is, {"User:z", Resource::topic, "orders", true, Operation::all}).empty());
  EXPECT_TRUE(
      intruders(is, {"User:o", Resource::topic, "paytick.ticks", false, Operation::alter_configs}).empty());
  EXPECT_TRUE(intruders(is, {"User:z", Resource::transactional_id, "z", true, Operation::write}).empty());
}

}  // namespace
}  // namespace paytick::log
