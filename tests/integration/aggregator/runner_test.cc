// The threads around the workers.

#include "aggregator/runner.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <thread>

#include "world.h"

namespace paytick::aggregator {
namespace {

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
  config.partitions = {kPartition};
  Runner runner(config, world.log(), clock, random, replies,
                [](PartitionId, const Error& e) { ADD_FAILURE() << e.code << ": " << e.message; });
  runner.start();
  const auto caught_up = [&] { return runner.positions().at(0) == world.log().range(kInputs)->end; };
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
  config.partitions = {kPartition};
  Runner runner(config, world.log(), clock, random, replies, [](PartitionId, const Error&) {});
  runner.start();
  EXPECT_TRUE(eventually(
      [&] { return runner.is_ready() && runner.positions().at(0) == world.log().range(kInputs)->end; }));
  runner.stop();
  finish(world);
}

}  // namespace
}  // namespace paytick::aggregator
