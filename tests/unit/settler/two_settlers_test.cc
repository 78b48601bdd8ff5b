// Two settlers on one partition, each paused at every step in turn: whoever wakes up where, what is due is
// paid once.
#include <gtest/gtest.h>

#include "unit/settler/settler_world.h"

namespace paytick::settler::testing {
namespace {

constexpr int kPausesMax = 14;  // steps from what is due to what is confirmed, and some

struct World : SettlerWorld {
  World() {
    ticks.introduce(0);
    ticks.due(0, 1'000);
  }

  void pass_time() {
    clock.time = clock.time + 250;
    if (++quarters % 5 == 0) chain.close_ledger();
  }
  // A settler that meets another owner takes the partition back when it is told to, and else waits.
  bool step(SettlerWorker& worker) {
    const auto done = worker.step();
    pass_time();
    EXPECT_TRUE(done || done.error().next == Next::abort) << done.error().code;
    return done.has_value();
  }
  void finish(SettlerWorker& worker) {
    for (int i = 0; i < 2'000; ++i) {
      if (!step(worker)) {
        ASSERT_TRUE(worker.start());
      }
      if (worker.idle() && worker.status().settled == Amount(1'000)) return;
    }
    FAIL() << "it does not come to an end";
  }

  int quarters = 0;
};

TEST(TwoSettlers, PausedAtEveryStepInTurnPayOnce) {
  for (int first_runs = 0; first_runs < kPausesMax; ++first_runs) {
    for (int second_runs = 0; second_runs < kPausesMax; ++second_runs) {
      SCOPED_TRACE(std::to_string(first_runs) + " steps, then " + std::to_string(second_runs));
      World world;
      const auto first = world.worker();
      const auto second = world.worker();
      ASSERT_TRUE(first->start());
      for (int i = 0; i < first_runs; ++i) ASSERT_TRUE(world.step(*first));
      ASSERT_TRUE(second->start());  // the first one sleeps
      for (int i = 0; i < second_runs; ++i) ASSERT_TRUE(world.step(*second));
      // It wakes up and goes on where it was, as long as nobody tells it.
      for (int i = 0; i < kPausesMax && world.step(*first); ++i) continue;
      world.finish(*second);
      EXPECT_EQ(world.chain.moved, 1'000);
      EXPECT_FALSE(world.step(*first)) << "it may not write under the other's fence";
      EXPECT_EQ(world.chain.moved, 1'000);
    }
  }
}

TEST(TwoSettlers, TakingThePartitionFromOneAnotherPayOnce) {
  for (int turn = 1; turn < kPausesMax; ++turn) {
    SCOPED_TRACE(turn);
    World world;
    const auto first = world.worker();
    const auto second = world.worker();
    for (int round = 0; round < 6; ++round) {
      SettlerWorker& worker = round % 2 == 0 ? *first : *second;
      ASSERT_TRUE(worker.start());
      for (int i = 0; i < turn; ++i) world.step(worker);
    }
    world.finish(*first);
    EXPECT_EQ(world.chain.moved, 1'000);
  }
}

}  // namespace
}  // namespace paytick::settler::testing
