// The settler's shell over the memory log and a chain in memory: whatever goes wrong, what is due is paid
// once.
#include "settler/settler_worker.h"

#include <gtest/gtest.h>

#include "unit/settler/settler_world.h"

namespace paytick::settler::testing {
namespace {

class SettlerWorkerTest : public SettlerTest {
 protected:
  void SetUp() override {
    config.policy.failures_max = 5;
    ticks.introduce(0);
    ticks.due(0, 1'000);
    restart();
  }

  // Steps, with time going by and a ledger every five seconds, until all is settled or the steps are used up.
  void run(int steps = 400) {
    for (int i = 0; i < steps; ++i) {
      const auto done = worker_->step();
      ASSERT_TRUE(done) << done.error().code << ": " << done.error().message;
      if (!*done && worker_->idle() && worker_->status().due == worker_->status().settled) return;
      clock.time = clock.time + 250;
      if (i % 20 == 19) chain.close_ledger();
    }
  }

  // Stops as soon as `batches` have been written ahead and not yet sent.
  void run_until_prepared() {
    for (int i = 0; i < 50 && worker_->status().in_flight == 0; ++i) {
      ASSERT_TRUE(worker_->step());
      clock.time = clock.time + 250;
    }
    ASSERT_EQ(worker_->status().in_flight, 1U);
    ASSERT_EQ(chain.sends, 0);
  }

  std::vector<Settlement> settlements() {
    std::vector<Settlement> out;
    FrameFollower follower(log, {log::Topic::settlements, PartitionId{0}});
    for (;;) {
      auto moved = follower.pump(1 << 20, [&](codec::MutableLine line, TimeMs) -> Result<void> {
        out.push_back(*codec::parse_settlement(line));
        return {};
      });
      EXPECT_TRUE(moved);
      if (!moved || !*moved) return out;
    }
  }
  template <typename T>
  int count() {
    int n = 0;
    for (const Settlement& line : settlements()) n += std::holds_alternative<T>(line) ? 1 : 0;
    return n;
  }
  void expect_paid(std::int64_t amount) {
    EXPECT_EQ(chain.moved, amount);
    EXPECT_EQ(worker_->status().settled, Amount(amount));
    EXPECT_EQ(worker_->status().in_flight, 0U);
  }

  std::int64_t owed_ = 1'000;
};

TEST_F(SettlerWorkerTest, WritesAheadSendsAndRecords) {
  run();
  expect_paid(1'000);
  const auto lines = settlements();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(std::get<Prepared>(lines[0]).items.at(0).cumulative, Amount(1'000));
  EXPECT_EQ(std::get<Submitted>(lines[1]).status, "PENDING");
  EXPECT_EQ(std::get<Confirmed>(lines[2]).items.at(0).amount, Amount(1'000));
  EXPECT_EQ(chain.applied, 1);
  ticks.due(0, 1'500);
  run();
  expect_paid(1'500);
  EXPECT_EQ(chain.applied, 2);
}

TEST_F(SettlerWorkerTest, EveryTroubleOfSendingEndsInOnePayment) {
  for (const SendFault fault :
       {SendFault::lost_applied, SendFault::lost, SendFault::unreachable, SendFault::try_again,
        SendFault::bad_sequence, SendFault::forgotten, SendFault::rejected}) {
    const std::int64_t due = owed_ += 1'000;
    ticks.due(0, due);
    chain.send_faults = {fault, SendFault::lost_applied, fault};
    chain.look_up_failures = 2;
    run(2'000);
    expect_paid(due);
    chain.send_faults.clear();
  }
}

TEST_F(SettlerWorkerTest, ARestartBetweenPreparedAndSendAsksFirst) {
  run_until_prepared();
  restart();
  EXPECT_EQ(worker_->status().in_flight, 1U);
  run();
  expect_paid(1'000);
  EXPECT_EQ(count<Prepared>(), 1);
  EXPECT_EQ(chain.applied, 1);
}

TEST_F(SettlerWorkerTest, ARestartAfterALostAnswerFindsThePayment) {
  chain.send_faults = {SendFault::lost_applied};
  for (int i = 0; i < 50 && chain.sends == 0; ++i) {
    ASSERT_TRUE(worker_->step());
    clock.time = clock.time + 250;
  }
  chain.close_ledger();
  restart();
  run();
  expect_paid(1'000);
  EXPECT_EQ(chain.applied, 1);
  EXPECT_EQ(count<Confirmed>(), 1);
}

TEST_F(SettlerWorkerTest, ARestartAtAnyStepPaysOnce) {
  for (int crash = 1; crash < 40; ++crash) {
    const std::int64_t due = owed_ += 10;
    ticks.due(0, due);
    for (int i = 0; i < crash; ++i) {
      ASSERT_TRUE(worker_->step());
      clock.time = clock.time + 250;
      if (i % 5 == 4) chain.close_ledger();
    }
    restart();
    run(2'000);
    expect_paid(due);
  }
}

TEST_F(SettlerWorkerTest, WhatExpiredIsPaidByAnotherBatch) {
  chain.send_faults.assign(30, SendFault::forgotten);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(worker_->step());
    clock.time = clock.time + 250;
  }
  chain.close_ledger(61);
  chain.send_faults.clear();
  run();
  EXPECT_EQ(count<Expired>(), 1);
  EXPECT_EQ(count<Prepared>(), 2);
  expect_paid(1'000);
}

TEST_F(SettlerWorkerTest, WhereHistoryIsPrunedTheContractsDecide) {
  lose_history();
  run();
  expect_paid(1'000);
  EXPECT_EQ(chain.applied, 1);
  EXPECT_EQ(count<Confirmed>(), 1);
}

TEST_F(SettlerWorkerTest, AnotherOwnerFencesThisOne) {
  run_until_prepared();
  const auto other = worker();
  ASSERT_TRUE(other->start());
  const auto step = worker_->step();
  ASSERT_FALSE(step);
  EXPECT_EQ(step.error().next, Next::abort);
  EXPECT_EQ(chain.sends, 0);
  restart();
  run();
  expect_paid(1'000);
}

TEST_F(SettlerWorkerTest, InDoubtWritesAreReadBackAfterAnotherStart) {
  for (const log::Fault fault :
       {log::Fault::in_doubt_applied, log::Fault::in_doubt_dropped, log::Fault::busy}) {
    for (int at = 0; at < 6; ++at) {
      const std::int64_t due = owed_ += 10;
      ticks.due(0, due);
      int writes = 0;
      log.set_fault_source([&](log::Write) { return writes++ == at ? fault : log::Fault::none; });
      for (int i = 0; i < 2'000; ++i) {
        const auto done = worker_->step();
        clock.time = clock.time + 250;
        if (i % 20 == 19) chain.close_ledger();
        if (!done && done.error().next == Next::retry) continue;
        if (!done) {
          ASSERT_TRUE(done.error().next == Next::in_doubt || done.error().next == Next::abort)
              << done.error().code;
          for (int tries = 0; tries < 3 && !worker_->start(); ++tries) continue;
          continue;
        }
        if (!*done && worker_->status().settled == Amount(due)) break;
      }
      log.set_fault_source({});
      expect_paid(due);
    }
  }
}

TEST_F(SettlerWorkerTest, AnUnregisteredCreatorWaitsAndIsPaidLater) {
  ticks.introduce(1, 2, 9);
  ticks.due(1, 500);
  run(100);
  EXPECT_EQ(chain.moved, 1'000);
  chain.registered.insert(id_of<CreatorId>(9));
  run(4'000);
  expect_paid(1'500);
}

TEST_F(SettlerWorkerTest, WhatIsRefusedForGoodIsParkedAndOthersArePaid) {
  ticks.introduce(1, 2, 9);  // never registered
  ticks.due(1, 500);
  run(20'000);
  EXPECT_EQ(worker_->status().parked, 1U);
  EXPECT_EQ(chain.moved, 1'000);
  restart();
  run(10);
  EXPECT_EQ(worker_->status().parked, 1U);
}

// Parked is for the operator to see; nobody tells the settler when the cause is gone.
TEST_F(SettlerWorkerTest, WhatIsParkedIsPaidOnceItCanBe) {
  ticks.introduce(1, 2, 9);  // not registered yet
  ticks.due(1, 500);
  run(2'000);
  EXPECT_EQ(worker_->status().parked, 1U);
  chain.registered.insert(id_of<CreatorId>(9));
  restart();
  EXPECT_EQ(worker_->status().parked, 1U);
  run(20'000);
  expect_paid(1'500);
  EXPECT_EQ(worker_->status().parked, 0U);
}

// The account that pays has no money, or is used by somebody else: that is no sum's fault.
TEST_F(SettlerWorkerTest, AnAccountThatCannotPayParksNothing) {
  for (std::uint32_t i = 1; i < 5; ++i) {
    ticks.introduce(i, static_cast<std::uint8_t>(10 + i));
    ticks.due(i, 100);
  }
  chain.send_faults.assign(40, SendFault::bad_sequence);
  run(40'000);
  EXPECT_TRUE(chain.send_faults.empty());
  EXPECT_EQ(count<Parked>(), 0);
  expect_paid(1'000 + 4 * 100);
}

TEST_F(SettlerWorkerTest, AnItemThatFailsEverySimulationDoesNotHoldUpTheOthers) {
  for (std::uint32_t i = 1; i < 10; ++i) {
    ticks.introduce(i, static_cast<std::uint8_t>(10 + i));
    ticks.due(i, 100);
  }
  chain.poison.insert(id_of<MeterId>(12));
  run(4'000);
  EXPECT_EQ(chain.moved, 1'000 + 8 * 100);
  chain.poison.clear();
  run(20'000);
  expect_paid(1'000 + 9 * 100);
}

TEST_F(SettlerWorkerTest, BatchesShrinkToTheNetworksLimits) {
  for (std::uint32_t i = 1; i < 20; ++i) {
    ticks.introduce(i, static_cast<std::uint8_t>(10 + i));
    ticks.due(i, 100);
  }
  chain.items_max = 3;
  run(4'000);
  expect_paid(1'000 + 19 * 100);
}

}  // namespace
}  // namespace paytick::settler::testing
