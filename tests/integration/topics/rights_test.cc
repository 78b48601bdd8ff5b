// Who may write what, over a broker that asks who one is (SASL/PLAIN) and goes by its list of rights.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "app/child_process.h"
#include "log/kafka/kafka_log.h"
#include "log/kafka/topic_admin.h"
#include "log/kafka/topic_rights.h"
#include "support/kafka_broker.h"

namespace paytick::log {
namespace {

using paytick::testing::KafkaBroker;

// The broker takes it a moment later; nobody else asks for a port by number here.
std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  (void)::bind(socket, reinterpret_cast<const sockaddr*>(&address), size);
  (void)::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return ::ntohs(address.sin_port);
}

class Rights : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    port_ = free_port();
    KafkaBroker::Options options;
    options.arguments = {"--sasl", std::to_string(port_)};
    for (const char* name : {"ingest", "aggregate", "settle", "project", "operator", "platform"})
      options.arguments.insert(options.arguments.end(), {"--user", std::string(name) + ":secret"});
    broker_ = std::make_unique<KafkaBroker>(options);
  }
  static void TearDownTestSuite() { broker_.reset(); }

  // Those without a login are administrators.
  Rights() {
    settings_.bootstrap = broker_->bootstrap();
    settings_.prefix = broker_->fresh_name("rights");
    settings_.topics.partitions = 2;
    settings_.topics.replication = settings_.topics.min_insync = 1;
    settings_.topics.principals = {{"User:ingest"},  {"User:aggregate"}, {"User:settle"},
                                   {"User:project"}, {"User:operator"},  {"User:platform"}};
  }

  KafkaSettings as(const std::string& user) const {
    KafkaSettings settings = settings_;
    settings.bootstrap = "127.0.0.1:" + std::to_string(port_);
    settings.properties = {{"security.protocol", "SASL_PLAINTEXT"},
                           {"sasl.mechanism", "PLAIN"},
                           {"sasl.username", user},
                           {"sasl.password", "secret"}};
    return settings;
  }
  static std::unique_ptr<KafkaLog> open(const KafkaSettings& settings) {
    auto log = KafkaLog::open(settings);
    EXPECT_TRUE(log) << log.error().message;
    return log ? std::move(*log) : nullptr;
  }
  static std::string write(KafkaLog& log, Topic topic) {
    const std::vector<NewRecord> record{{{topic, PartitionId{1}}, TimeMs{1'790'000'000'000}, "key", "value"}};
    const auto written = log.append(record);
    return written ? "written" : written.error().code;
  }
  std::vector<TopicChange> compare() {
    auto admin = TopicAdmin::open(settings_);
    EXPECT_TRUE(admin);
    auto changes = (*admin)->compare();
    EXPECT_TRUE(changes) << changes.error().message;
    return changes.value_or(std::vector<TopicChange>{});
  }

  static std::unique_ptr<KafkaBroker> broker_;
  static std::uint16_t port_;
  KafkaSettings settings_;
};
std::unique_ptr<KafkaBroker> Rights::broker_;
std::uint16_t Rights::port_;

TEST_F(Rights, EachRoleWritesItsTopicsAndNobodyElseDoes) {
  ASSERT_TRUE(apply_topics(settings_));
  EXPECT_EQ(compare(), std::vector<TopicChange>{});

  const auto aggregate = open(as("aggregate"));
  const auto ingest = open(as("ingest"));
  const auto settle = open(as("settle"));
  KafkaSettings reader = as("project");  // it has no right to write anywhere, and is given no time to hope
  reader.request_timeout = std::chrono::milliseconds(1'000);
  const auto project = open(reader);
  ASSERT_TRUE(aggregate && ingest && settle && project);
  EXPECT_EQ(write(*ingest, Topic::heartbeats), "written");
  EXPECT_EQ(write(*ingest, Topic::catalog), "written");
  EXPECT_EQ(write(*ingest, Topic::ticks), "not_authorized");
  EXPECT_EQ(write(*aggregate, Topic::ticks), "written");
  EXPECT_EQ(write(*aggregate, Topic::replies), "written");
  EXPECT_EQ(write(*aggregate, Topic::settlements), "not_authorized");
  EXPECT_EQ(write(*settle, Topic::settlements), "written");
  EXPECT_EQ(write(*settle, Topic::ticks), "not_authorized");
  EXPECT_NE(write(*project, Topic::heartbeats), "written");
  EXPECT_EQ(project->range({Topic::ticks, PartitionId{1}})->end, Offset{1});

  // Leases are taken over by those that they belong to.
  const auto lease = aggregate->acquire(Role::aggregator, PartitionId{0});
  ASSERT_TRUE(lease) << lease.error().message;
  const NewRecord tick{{Topic::ticks, PartitionId{0}}, TimeMs{1'790'000'000'000}, {}, "tick"};
  EXPECT_TRUE(aggregate->commit({*lease, {tick}, Offset{1}}));
  EXPECT_TRUE(settle->acquire(Role::settler, PartitionId{0}));
  EXPECT_TRUE(ingest->acquire(Role::bridge, PartitionId{0}));
  const auto stolen = ingest->acquire(Role::aggregator, PartitionId{0});
  ASSERT_FALSE(stolen);
  EXPECT_EQ(stolen.error().code, "not_authorized") << stolen.error().message;
}

TEST_F(Rights, AProducerOfAPlatformWritesHeartbeatsInAlone) {
  ASSERT_TRUE(apply_topics(settings_));
  // It may not even see the others, so it does not start as a role.
  EXPECT_FALSE(KafkaLog::open(as("platform")));
  const std::string login = " -b 127.0.0.1:" + std::to_string(port_) +
                            " -X security.protocol=SASL_PLAINTEXT -X sasl.mechanism=PLAIN "
                            "-X sasl.username=platform -X sasl.password=secret -X message.timeout.ms=5000";
  const auto kcat = [&](Topic topic) {
    const std::string command = "echo line | kcat -P -p 0" + login + " -t " + topic_name(settings_, topic);
    return app::run_program({"sh", "-c", command}, broker_->data() / "kcat.log").has_value();
  };
  EXPECT_TRUE(kcat(Topic::heartbeats_in));
  EXPECT_FALSE(kcat(Topic::heartbeats));
  EXPECT_FALSE(kcat(Topic::ticks));
  const auto operators = open(as("operator"));
  ASSERT_TRUE(operators);
  EXPECT_EQ(operators->range({Topic::heartbeats_in, PartitionId{0}})->end, Offset{1});
  EXPECT_EQ(operators->range({Topic::heartbeats, PartitionId{0}})->end, Offset{0});
  EXPECT_EQ(operators->range({Topic::ticks, PartitionId{0}})->end, Offset{0});
}

TEST_F(Rights, WhatIsGrantedToAStrangerIsFoundByWhoeverMayLook) {
  ASSERT_TRUE(apply_topics(settings_));
  KafkaSettings careless = settings_;
  careless.topics.principals.ingest.emplace_back("User:platform");
  ASSERT_TRUE(apply_topics(careless));
  const auto admin = TopicAdmin::open(settings_);
  const auto operators = as("operator");
  const auto seen = TopicAdmin::open(operators);
  ASSERT_TRUE(admin && seen);
  const auto changes = (*seen)->compare();
  ASSERT_TRUE(changes) << changes.error().message;
  EXPECT_EQ(*changes, [&] {
    auto theirs = *(*admin)->compare();  // the same, but for the address in the advice
    for (TopicChange& change : theirs)
      if (const auto at = change.how.find(settings_.bootstrap); at != std::string::npos)
        change.how.replace(at, settings_.bootstrap.size(), operators.bootstrap);
    return theirs;
  }());
  std::vector<std::string> intruding;
  for (const TopicChange& change : *changes)
    if (change.verdict == Verdict::breaks) intruding.push_back(change.subject);
  EXPECT_NE(std::find(intruding.begin(), intruding.end(),
                      "User:platform may Write topic " + topic_name(settings_, Topic::heartbeats)),
            intruding.end());
  const auto applied = apply_topics(settings_);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, "topic_unsafe");
}

}  // namespace
}  // namespace paytick::log
