// The threads around the workers.

#include "aggregator/runner.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <thread>

#include "log/forwarding_log.h"
#include "world.h"

namespace paytick::aggregator {
namespace {

// A log that has lost the positions, and remembers others.
class AstrayLog final : public log::ForwardingLog {
 public:
  explicit AstrayLog(log::EventLog& log) : ForwardingLog(log) {}
  Result<std::optional<Offset>> position(log::Role /*role*/, PartitionId /*partition*/) override {
    return Offset{1'000'000};
  }
};

class SteadyWall final : public WallClock {
 public:
  TimeMs now() override { return {1'790'000'000'000}; }
};

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

// Another owner goes on where a runner has stopped: the runner's clock may have written a line after its last
// step.
void finish(World& world) {
  const auto next = world.worker();
  world.run_to_end(*next);
  world.expect_truth();
}

TEST(Runner, FoldsWhatComesAndStopsCleanly) {
  World world;
  world.append_story(20);
  SteadyWall clock;
  CountingRandom random;
  KeepingSink replies;
  RunnerConfig config;
  Runner runner(config, world.log(), clock, random, replies,
                [](PartitionId, const Error& e) { ADD_FAILURE() << e.code << ": " << e.message; });
  runner.start();
  runner.assign({kPartition});
  const auto caught_up = [&] { return runner.partitions().at(0).next == world.log().range(kInputs)->end; };
  EXPECT_TRUE(
      eventually([&] { return runner.is_ready() && runner.fold_counters().ticks != 0 && caught_up(); }));
  runner.stop();
  finish(world);
  EXPECT_FALSE(runner.has_failed());
  EXPECT_EQ(runner.worker_counters().takeovers, 1U);
}

TEST(Runner, GoesOnAfterErrorsThatAskForIt) {
  World world;
  world.append_story(20);
  world.log().fail_next(log::Fault::busy, 2);
  world.log().fail_next(log::Fault::in_doubt_applied, 2);
  SteadyWall clock;
  CountingRandom random;
  KeepingSink replies;
  RunnerConfig config;
  Runner runner(config, world.log(), clock, random, replies, [](PartitionId, const Error&) {});
  runner.start();
  runner.assign({kPartition});
  EXPECT_TRUE(eventually([&] {
    return runner.is_ready() && runner.partitions().at(0).next == world.log().range(kInputs)->end;
  }));
  runner.stop();
  finish(world);
}

TEST(Runner, PartitionsComeAndGo) {
  World world;
  world.append_story(20);
  SteadyWall clock;
  CountingRandom random;
  KeepingSink replies;
  Runner runner({}, world.log(), clock, random, replies,
                [](PartitionId, const Error& e) { ADD_FAILURE() << e.code << ": " << e.message; });
  runner.start();
  EXPECT_TRUE(runner.is_ready()) << "nothing is asked of it";
  const auto caught_up = [&] {
    return runner.is_ready() && runner.partitions().at(0).next == world.log().range(kInputs)->end;
  };
  runner.assign({kPartition});
  EXPECT_TRUE(eventually(caught_up));
  const auto ticks = runner.fold_counters().ticks;
  EXPECT_GT(ticks, 0U);

  runner.revoke({kPartition});
  EXPECT_TRUE(runner.partitions().empty());
  EXPECT_EQ(runner.fold_counters().ticks, ticks) << "what was done stays counted";
  finish(world);  // nobody is in the way
  const auto end = world.log().range(kTicks)->end;
  world.append_story(10, 20);
  EXPECT_EQ(world.log().range(kTicks)->end, end) << "nothing is written for a partition that was given up";

  runner.assign({kPartition});
  EXPECT_TRUE(eventually(caught_up));
  EXPECT_GT(runner.fold_counters().ticks, ticks);
  EXPECT_LT(runner.fold_counters().ticks, 2 * ticks) << "what was folded again is not counted again";
  runner.stop();
  finish(world);
}

TEST(Runner, EveryCounterIsInItsSums) {
  World world;
  AstrayLog log(world.log());
  SteadyWall clock;
  CountingRandom random;
  KeepingSink replies;
  RunnerConfig config;
  config.worker.snapshot_every_records = 1;
  Runner runner(config, log, clock, random, replies, [](PartitionId, const Error&) {});
  runner.start();
  for (int takeover = 0; takeover < 2; ++takeover) {
    world.append_story(20, takeover * 20);
    runner.assign({kPartition});
    EXPECT_TRUE(eventually([&] {
      return runner.is_ready() && runner.partitions().at(0).next == world.log().range(kInputs)->end &&
             runner.partitions().at(0).work.snapshots > 0;
    }));
    runner.revoke({kPartition});
  }
  const WorkerCounters sum = runner.worker_counters();
  EXPECT_EQ(sum.takeovers, 2U);
  EXPECT_EQ(sum.positions_apart, 2U);
  EXPECT_GT(sum.records, 0U);
  EXPECT_GT(sum.bytes_in, 0U);
  EXPECT_GT(sum.bytes_out, 0U);
  EXPECT_GT(sum.commits, 0U);
  EXPECT_GE(sum.snapshots, 2U);
  runner.stop();
}

TEST(Runner, RestsBetweenSmallStepsOnly) {
  World world;
  SteadyWall clock;
  CountingRandom random;
  KeepingSink replies;
  RunnerConfig config;
  config.commit_interval = std::chrono::milliseconds(200);
  config.worker.step_bytes_max = 100'000;
  Runner runner(config, world.log(), clock, random, replies, [](PartitionId, const Error&) {});
  world.append_story(4'000);
  const auto behind = std::chrono::steady_clock::now();
  runner.start();
  runner.assign({kPartition});
  EXPECT_TRUE(eventually([&] {
    return runner.is_ready() && runner.partitions().at(0).next == world.log().range(kInputs)->end;
  }));
  const auto large = runner.worker_counters().commits;
  EXPECT_GT(large, 8U);
  EXPECT_LT(std::chrono::steady_clock::now() - behind, large * config.commit_interval);
  const auto begin = std::chrono::steady_clock::now();
  for (int second = 4'000; second < 4'050; ++second) {
    world.append_story(1, second);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_LE(runner.worker_counters().commits - large,
            static_cast<std::uint64_t>(took / config.commit_interval) + 2);
  runner.stop();
  finish(world);
}

}  // namespace
}  // namespace paytick::aggregator
