// Outside producers over a real broker: what kcat and a JavaScript client write to heartbeats-in, with any
// partitioner, is billed exactly once, and what they may not say is refused, on record.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "app/child_process.h"
#include "log/kafka/kafka_log.h"
#include "log/kafka/topic_admin.h"
#include "model/name_ids.h"
#include "support/kafka_broker.h"
#include "unit/ingest/bridge/bill.h"

namespace paytick::ingest {
namespace {

using paytick::testing::KafkaBroker;
using std::chrono::steady_clock;

class SystemTime : public WallClock {
 public:
  TimeMs now() override {
    return {std::chrono::duration_cast<std::chrono::milliseconds>(
                std::chrono::system_clock::now().time_since_epoch())
                .count()};
  }
};

// An instance of ingest, as far as the bridge goes.
class Instance {
 public:
  Instance(const BridgeConfig& config, const log::KafkaSettings& settings, World& world)
      : log_(open(settings)), worker_(config, *log_, clock_, world.catalog, world.meters) {}
  ~Instance() { stop(); }

  static std::unique_ptr<log::KafkaLog> open(const log::KafkaSettings& settings) {
    auto opened = log::KafkaLog::open(settings);
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }

  void run() {
    stopping_ = false;
    thread_ = std::thread([this] {
      while (!stopping_) {
        const auto more = worker_.step();
        if (!more && more.error().code == "fenced") fenced_ = true;
        if (!more || !*more) worker_.wait(std::chrono::milliseconds(10));
        if (!more) std::this_thread::yield();
      }
    });
  }
  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  // What an owner does that does not know it was pushed out: nothing, but find out.
  std::optional<Error> step_once() {
    for (int i = 0; i < 200; ++i) {
      if (const auto more = worker_.step(); !more) return more.error();
    }
    return std::nullopt;
  }
  BridgeStats stats() const { return worker_.stats(); }
  log::KafkaLog& log() { return *log_; }

 private:
  SystemTime clock_;
  std::unique_ptr<log::KafkaLog> log_;
  BridgeWorker worker_;
  std::atomic<bool> stopping_{false}, fenced_{false};
  std::thread thread_;
};

// A platform's day: opens, pings, stops, and what it may not say; with the bill worked out by hand.
struct Platforms {
  std::vector<std::string> opens, pings, stops, forbidden;
  std::map<std::string, std::set<std::int64_t>> ticks;  // bought, by session
  std::size_t prices = 0, deposits = 0, foreign = 0, garbage = 0;
};

Platforms day(const World& world, TimeMs now) {
  std::mt19937 random(4);
  Platforms day;
  for (int n = 0; n < 60; ++n) {
    const std::string session = "room-" + std::to_string(n), attachment = "tab-" + std::to_string(n);
    const std::string who(1, static_cast<char>('1' + n % 6));
    // Sessions of a viewer do not overlap, so that none goes on with another's ticks.
    const TimeMs start = now - 500'000 + n / 6 * 45'000 + static_cast<std::int64_t>(random() % 1'000);
    day.opens.push_back(world.open(session, attachment, who, start));
    auto& ticks = day.ticks[session];
    TimeMs at = start;
    for (int i = 0; i < 4; ++i) {
      day.pings.push_back(World::ping(session, attachment, at));
      const std::int64_t k = (at - start + 250) / 1'000;
      for (std::int64_t tick = k; tick < k + 10; ++tick) ticks.insert(tick);
      at = at + 5'000 + static_cast<std::int64_t>(random() % 6'000);
    }
    // A stop long after the last tick was begun gives nothing back, whatever has become due.
    if (n % 2 == 0) day.stops.push_back(World::stop(session, attachment, at + 12'000));
  }
  const auto forbid = [&](std::size_t& count, const std::string& line) {
    day.forbidden.push_back(line);
    ++count;
  };
  for (int n = 0; n < 10; ++n) {
    const std::string name = "bad-" + std::to_string(n);
    forbid(day.prices, world.open(name, name, "1", now, R"(,"plan":{"pricePerTick":1})"));
    forbid(day.deposits,
           R"({"v":1,"type":"meter","viewer":")" + to_text(World::viewer("1")) + R"(","meter":")" +
               to_text(World::meter("1")) +
               R"(","deposited":99,"refunded":0,"paid":0,"allowance":99,"version":9,"ledger":9})");
    std::string stranger = world.open(name, name, "1", now);
    const std::string other = to_text(World::meter("2"));
    stranger.replace(stranger.find(to_text(World::meter("1"))), other.size(), other);
    forbid(day.foreign, stranger);
    forbid(day.garbage, "garbage " + name);
  }
  return day;
}

class BridgeOverKafka : public ::testing::Test {
 protected:
  void SetUp() override {
    config_.platform = world_.platform.id;
    config_.unknown_ms = 5'000;
    folder_ = std::filesystem::temp_directory_path() / ("paytick-bridge-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static log::KafkaSettings topics_on(KafkaBroker& broker) {
    log::KafkaSettings settings;
    settings.bootstrap = broker.bootstrap();
    settings.prefix = broker.fresh_name("bridge");
    settings.topics.partitions = 3;
    settings.topics.replication = settings.topics.min_insync = 1;
    const auto applied = log::apply_topics(settings);
    EXPECT_TRUE(applied) << applied.error().message;
    return settings;
  }
  std::filesystem::path file_of(const std::string& name, const std::vector<std::string>& lines) {
    std::ofstream file(folder_ / name);
    for (const std::string& line : lines) file << line << '\n';
    return folder_ / name;
  }
  // Both fail unless every record was acknowledged.
  void kcat(const log::KafkaSettings& settings, const std::vector<std::string>& lines) {
    std::string command = std::string(PAYTICK_KCAT) + " -P -b " + settings.bootstrap + " -t " +
                          log::topic_name(settings, log::Topic::heartbeats_in) +
                          " -X acks=all -X partitioner=random -X linger.ms=1";
    for (const auto& [key, value] : settings.properties)
      command.append(" -X ").append(key).append("=").append(value);
    command += " < " + file_of("kcat.ndjson", lines).string();
    const auto done = app::run_program({"sh", "-c", command}, folder_ / "kcat.log");
    ASSERT_TRUE(done) << done.error().message;
  }
  std::size_t javascript(const log::KafkaSettings& settings, const std::vector<std::string>& lines) {
    const auto log = folder_ / "node.log";
    std::filesystem::remove(log);
    std::vector<std::string> command{PAYTICK_NODE, PAYTICK_PRODUCE, settings.bootstrap,
                                     log::topic_name(settings, log::Topic::heartbeats_in),
                                     file_of("node.ndjson", lines).string()};
    for (const char* key : {"sasl.username", "sasl.password", "ssl.ca.location"}) {
      if (const auto it = settings.properties.find(key); it != settings.properties.end())
        command.push_back(it->second);
    }
    const auto done = app::run_program(command, log);
    std::ostringstream words;
    words << std::ifstream(log).rdbuf();
    EXPECT_TRUE(done) << words.str();
    std::size_t acknowledged = 0;
    std::ifstream(log) >> acknowledged;
    return acknowledged;
  }
  static void wait_for(const std::function<bool()>& what, const char* name) {
    const auto deadline = steady_clock::now() + std::chrono::seconds(60);
    while (!what()) {
      ASSERT_LT(steady_clock::now(), deadline) << name;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  static bool at_rest(const BridgeStats& stats) {
    std::int64_t lag = 0;
    for (const std::int64_t one : stats.lag) lag += one;
    return stats.running && !stats.lag.empty() && lag == 0 && stats.waiting == 0;
  }

  World world_;
  BridgeConfig config_;
  std::filesystem::path folder_;
};

TEST_F(BridgeOverKafka, WhatAnyClientWritesIsBilledOnce) {
  const log::KafkaSettings settings = topics_on(KafkaBroker::shared());
  const TimeMs now = SystemTime().now();
  const Platforms platform = day(world_, now);
  auto first = std::make_unique<Instance>(config_, settings, world_);
  fund(first->log(), now);
  first->run();

  // Pings of half of the sessions come before their opens; kcat writes one half, JavaScript the other.
  std::vector<std::string> by_kcat, by_script, late_opens;
  for (std::size_t i = 0; i < platform.opens.size(); ++i)
    (i % 4 == 0 ? late_opens : i % 2 == 0 ? by_kcat : by_script).push_back(platform.opens[i]);
  for (std::size_t i = 0; i < platform.pings.size(); ++i)
    (i % 3 == 0 ? by_kcat : by_script).push_back(platform.pings[i]);
  for (std::size_t i = 0; i < platform.forbidden.size(); ++i)
    (i / 4 % 2 == 0 ? by_kcat : by_script).push_back(platform.forbidden[i]);
  kcat(settings, by_kcat);
  const std::size_t scripted = javascript(settings, by_script);
  ASSERT_GE(scripted, by_script.size());

  // A second bridge takes over; the first does not know, and finds out.
  wait_for([&] { return first->stats().lines > 0; }, "the first bridge");
  first->stop();
  auto second = std::make_unique<Instance>(config_, settings, world_);
  second->run();
  kcat(settings, late_opens);
  wait_for([&] { return second->stats().running; }, "the second bridge");
  kcat(settings, platform.stops);
  kcat(settings, {world_.open("room-1", "thief", "1", now)});  // another viewer's session

  wait_for([&] { return at_rest(second->stats()); }, "the bridges");
  second->stop();

  // Billed to the tick.
  std::map<std::string, std::int64_t> expected;
  for (const auto& [session, ticks] : platform.ticks) {
    const auto n = static_cast<std::int64_t>(ticks.size());
    expected["s" + to_text(derive_session_id(world_.platform.id, session))] = n;
    const std::string who(1, static_cast<char>('1' + std::stoi(session.substr(5)) % 6));
    expected["m" + to_text(World::meter(who))] += n * 10'000;
  }
  log::KafkaLog& log = second->log();
  EXPECT_EQ(bill(log), expected);

  // Forwarded or refused, each line once; JavaScript has sent some records twice.
  std::map<std::string, std::size_t> codes;
  for (const Refusal& refusal : refusals_of(log)) ++codes[refusal.code];
  std::size_t lines = by_kcat.size() + scripted + late_opens.size() + platform.stops.size() + 1;
  lines -= inputs_of<Open>(log).size() + inputs_of<Heartbeat>(log).size() + inputs_of<Stop>(log).size();
  for (const auto& [code, n] : codes) lines -= n;
  EXPECT_EQ(lines, 0U);
  EXPECT_EQ(inputs_of<Stop>(log).size(), platform.stops.size());
  EXPECT_GE(codes["forbidden_field"], platform.prices);
  EXPECT_GE(codes["forbidden_type"], platform.deposits);
  EXPECT_GE(codes["foreign_contract"], platform.foreign);
  EXPECT_GE(codes["malformed_json"], platform.garbage);
  EXPECT_EQ(codes["session_conflict"], 1U);
  EXPECT_EQ(codes.size(), 5U);
}

// An owner that was stopped between any two writes comes back and is fenced, by the broker.
TEST_F(BridgeOverKafka, APushedOutBridgeForwardsNothing) {
  const log::KafkaSettings settings = topics_on(KafkaBroker::shared());
  Instance first(config_, settings, world_);
  fund(first.log(), SystemTime().now());
  EXPECT_FALSE(first.step_once());
  const TimeMs now = SystemTime().now();
  kcat(settings, {world_.open("room", "tab", "1", now)});
  first.run();
  wait_for([&] { return first.stats().opens == 1; }, "the first bridge");
  first.stop();

  Instance second(config_, settings, world_);
  second.run();
  wait_for([&] { return second.stats().running; }, "the second bridge");
  kcat(settings, {World::ping("room", "tab", now), World::ping("room", "tab", now + 1)});
  wait_for([&] { return second.stats().heartbeats == 2; }, "the second bridge");
  second.stop();
  std::optional<Error> error;
  for (int i = 0; i < 100 && !error; ++i) error = first.step_once();
  ASSERT_TRUE(error);
  EXPECT_NE(error->next, Next::fatal) << error->message;
  EXPECT_EQ(inputs_of<Heartbeat>(second.log()).size(), 2U);
}

std::string free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  ::close(fd);
  return std::to_string(ntohs(address.sin_port));
}

// librdkafka's own settings pass through, for the log and for outside producers alike.
TEST_F(BridgeOverKafka, LogsInOverTls) {
  const std::string pem = (folder_ / "broker.pem").string(), key = (folder_ / "key.pem").string();
  const auto made =
      app::run_program({"sh", "-c",
                        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext "
                        "subjectAltName=IP:127.0.0.1 -keyout " +
                            key + " -out " + pem + ".crt && cat " + key + " " + pem + ".crt > " + pem},
                       folder_ / "openssl.log");
  ASSERT_TRUE(made) << made.error().message;
  const std::string port = free_port();
  KafkaBroker broker(
      {.settings = {"super.users=User:ANONYMOUS;User:ingest;User:platform"},
       .arguments = {"--sasl", port, "--user", "ingest:s3cret", "--user", "platform:hidden", "--tls", pem}});
  const log::KafkaSettings open = topics_on(broker);
  const auto as = [&](const std::string& user, const std::string& password) {
    log::KafkaSettings settings = open;
    settings.bootstrap = "127.0.0.1:" + port;
    settings.properties = {{"security.protocol", "sasl_ssl"},
                           {"sasl.mechanism", "PLAIN"},
                           {"sasl.username", user},
                           {"sasl.password", password},
                           {"ssl.ca.location", pem + ".crt"}};
    return settings;
  };
  log::KafkaSettings stranger = as("ingest", "guessed");
  stranger.request_timeout = std::chrono::seconds(3);
  EXPECT_FALSE(log::KafkaLog::open(stranger));

  Instance instance(config_, as("ingest", "s3cret"), world_);
  fund(instance.log(), SystemTime().now());
  instance.run();
  const TimeMs now = SystemTime().now();
  kcat(as("platform", "hidden"), {world_.open("room", "tab", "1", now)});
  EXPECT_EQ(javascript(as("platform", "hidden"), {World::ping("room", "tab", now)}), 1U);
  wait_for([&] { return instance.stats().heartbeats == 1; }, "the bridge");
  instance.stop();
  EXPECT_EQ(bill(instance.log()).at("m" + to_text(World::meter("1"))), 10 * 10'000);
}

}  // namespace
}  // namespace paytick::ingest
