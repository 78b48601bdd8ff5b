// Who works on which partition: the consumer groups of the Kafka engine, over a real broker.

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "log/kafka/kafka_log.h"
#include "log/kafka/topic_admin.h"
#include "support/kafka_broker.h"

namespace paytick::log {
namespace {

using std::chrono::milliseconds;
using Partitions = std::set<PartitionId>;

constexpr std::uint32_t kPartitions = 4;
constexpr auto kPatience = std::chrono::seconds(60);  // no test waits as long unless it fails

// What all instances hold, and whether two ever held the same.
struct Shares {
  std::mutex mutex;
  std::condition_variable moved;
  std::map<const void*, Partitions> held;
  bool overlapped = false;

  bool wait(const std::function<bool()>& until) {
    std::unique_lock lock(mutex);
    return moved.wait_for(lock, kPatience, until);
  }
  std::size_t total() const {
    std::size_t sum = 0;
    for (const auto& [who, partitions] : held) sum += partitions.size();
    return sum;
  }
};

// One process of a role.
class Instance {
 public:
  Instance(const KafkaSettings& settings, Shares& shares) : shares_(shares) {
    auto opened = KafkaLog::open(settings);
    if (!opened) throw std::runtime_error(opened.error().message);
    log_ = std::move(*opened);
    source_ = log_->partition_source(Role::aggregator);
    const auto started = source_->start({
        [this](const std::vector<PartitionId>& more) {
          const std::lock_guard lock(shares_.mutex);
          for (const auto& [who, partitions] : shares_.held)
            for (const PartitionId p : more) shares_.overlapped |= partitions.contains(p);
          shares_.held[this].insert(more.begin(), more.end());
          shares_.moved.notify_all();
        },
        [this](const std::vector<PartitionId>& fewer) {
          const std::lock_guard lock(shares_.mutex);
          for (const PartitionId p : fewer) shares_.held[this].erase(p);
          shares_.moved.notify_all();
        },
    });
    if (!started) throw std::runtime_error(started.error().message);
  }
  ~Instance() {
    source_->stop();
    const std::lock_guard lock(shares_.mutex);
    shares_.held.erase(this);
  }
  PartitionSource& source() { return *source_; }
  const Partitions& held() { return shares_.held[this]; }

 private:
  Shares& shares_;
  std::unique_ptr<KafkaLog> log_;
  std::unique_ptr<PartitionSource> source_;
};

class KafkaGroup : public ::testing::Test {
 protected:
  KafkaGroup() {
    auto& broker = paytick::testing::KafkaBroker::shared();
    settings_.bootstrap = broker.bootstrap();
    settings_.prefix = broker.fresh_name();
    settings_.topics.partitions = kPartitions;
    settings_.topics.replication = settings_.topics.min_insync = 1;
    settings_.session_timeout = milliseconds(6'000);
    if (auto made = apply_topics(settings_); !made) throw std::runtime_error(made.error().message);
  }
  KafkaSettings named(const std::string& instance) const {
    KafkaSettings settings = settings_;
    settings.instance_id = instance;
    return settings;
  }
  // One instance that has all partitions again after each of the broker's pauses.
  void outlive(const std::vector<milliseconds>& pauses) {
    settings_.session_timeout = milliseconds(2'000);
    Instance one(named("a"), shares_);
    auto& broker = paytick::testing::KafkaBroker::shared();
    const auto has_all = [&] { return one.held().size() == kPartitions; };
    for (const milliseconds pause : pauses) {
      ASSERT_TRUE(shares_.wait(has_all)) << "before a pause of " << pause.count() << " ms";
      broker.pause();
      std::this_thread::sleep_for(pause);  // the fault is a duration
      broker.resume();
    }
    EXPECT_TRUE(shares_.wait(has_all));
  }

  KafkaSettings settings_;
  Shares shares_;
};

TEST_F(KafkaGroup, OneInstanceHasAllPartitions) {
  Instance one(named("a"), shares_);
  EXPECT_TRUE(shares_.wait([&] { return one.held().size() == kPartitions; }));
  EXPECT_EQ(one.source().trouble(), std::nullopt);
}

TEST_F(KafkaGroup, InstancesShareAndTakeOverWhatOneLeaves) {
  Instance one(named("a"), shares_);
  ASSERT_TRUE(shares_.wait([&] { return one.held().size() == kPartitions; }));
  {
    Instance two(named("b"), shares_);
    EXPECT_TRUE(shares_.wait([&] { return one.held().size() == 2 && two.held().size() == 2; }));
  }
  // A static member that leaves is expected back until its session has ended.
  EXPECT_TRUE(shares_.wait([&] { return one.held().size() == kPartitions; }));
  EXPECT_FALSE(shares_.overlapped);
}

TEST_F(KafkaGroup, AnInstanceThatComesBackSoonFindsItsPartitions) {
  Instance one(named("a"), shares_);
  auto two = std::make_unique<Instance>(named("b"), shares_);
  ASSERT_TRUE(shares_.wait([&] { return one.held().size() == 2 && two->held().size() == 2; }));
  const Partitions before = two->held();
  two.reset();
  two = std::make_unique<Instance>(named("b"), shares_);
  ASSERT_TRUE(shares_.wait([&] { return two->held().size() == 2; }));
  EXPECT_EQ(two->held(), before);
  EXPECT_FALSE(shares_.overlapped);
}

// A broker that stands still for a while may fence a member that has no namesake: it comes back by itself.
TEST_F(KafkaGroup, AnInstanceOutlivesABrokerThatStandsStill) {
  outlive({milliseconds(2'200), milliseconds(3'100), milliseconds(4'000), milliseconds(4'900)});
}

// A broker that comes back may list no broker at all for a moment, not even itself: a client that asks just
// then knows nobody any more, and has to begin anew with those it was configured with.
TEST_F(KafkaGroup, AnInstanceOutlivesABrokerThatListsNobody) {
  settings_.properties["topic.metadata.refresh.interval.ms"] = "50";
  const auto beyond_the_controllers_patience = milliseconds(4'000);
  outlive(std::vector(3, beyond_the_controllers_patience));
}

TEST_F(KafkaGroup, ASecondProcessOfOneNameIsTold) {
  Instance one(named("a"), shares_);
  ASSERT_TRUE(shares_.wait([&] { return one.held().size() == kPartitions; }));
  Instance namesake(named("a"), shares_);
  ASSERT_TRUE(shares_.wait([&] { return namesake.held().size() == kPartitions; }));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  const auto fenced = [&] { return one.source().trouble().value_or(Error{}).code == "instance_fenced"; };
  while (!fenced() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_TRUE(fenced());
}

}  // namespace
}  // namespace paytick::log
