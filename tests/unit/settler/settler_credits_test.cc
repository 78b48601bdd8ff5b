// The shell pays credits as it pays sums: whatever goes wrong, what is ordered is paid in once.
#include <gtest/gtest.h>

#include "unit/settler/settler_world.h"

namespace paytick::settler::testing {
namespace {

class SettlerCreditsTest : public SettlerTest {
 protected:
  void SetUp() override {
    config.policy.failures_max = 5;
    ticks.credit(7, 1'000);
    restart();
  }

  bool done() const {
    const SettlerStatus status = worker_->status();
    return status.credits_waiting == 0 && status.due == status.settled && status.in_flight == 0;
  }
  void tick(int i) {
    clock.time = clock.time + 250;
    if (i % 20 == 19) chain.close_ledger();
  }
  void run(int steps = 1'000) {
    for (int i = 0; i < steps; ++i) {
      const auto step = worker_->step();
      ASSERT_TRUE(step) << step.error().code << ": " << step.error().message;
      if (!*step && done()) return;
      tick(i);
    }
  }
  void expect_credited(std::int64_t amount) {
    EXPECT_EQ(chain.credits_moved, amount);
    EXPECT_EQ(worker_->status().credits_paid, Amount(amount));
    EXPECT_EQ(worker_->status().in_flight, 0U);
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

  std::int64_t ordered_ = 1'000;
};

TEST_F(SettlerCreditsTest, AreWrittenAheadSentAndRecorded) {
  run();
  expect_credited(1'000);
  const auto lines = settlements();
  ASSERT_EQ(lines.size(), 3U);
  const auto& prepared = std::get<Prepared>(lines[0]);
  EXPECT_EQ(prepared.credits, (CreditBatch{{id_of<MeterId>(7), Amount(1'000)}}));
  EXPECT_TRUE(prepared.items.empty());
  EXPECT_EQ(std::get<Confirmed>(lines[2]).credits.at(0).amount, Amount(1'000));
  ticks.credit(7, 1'500);
  ticks.credit(8, 50);
  run();
  expect_credited(1'550);
  EXPECT_EQ(chain.applied, 2);
}

TEST_F(SettlerCreditsTest, EveryTroubleOfSendingEndsInOnePayment) {
  for (const SendFault fault :
       {SendFault::lost_applied, SendFault::lost, SendFault::unreachable, SendFault::try_again,
        SendFault::bad_sequence, SendFault::forgotten, SendFault::rejected}) {
    ticks.credit(7, ordered_ += 1'000);
    chain.send_faults = {fault, SendFault::lost_applied, fault};
    chain.look_up_failures = 2;
    run(4'000);
    expect_credited(ordered_);
    chain.send_faults.clear();
  }
}

TEST_F(SettlerCreditsTest, ARestartAtAnyStepPaysOnce) {
  for (int crash = 1; crash < 40; ++crash) {
    ticks.credit(7, ordered_ += 10);
    for (int i = 0; i < crash; ++i) {
      ASSERT_TRUE(worker_->step());
      clock.time = clock.time + 250;
      if (i % 5 == 4) chain.close_ledger();
    }
    restart();
    run(2'000);
    expect_credited(ordered_);
  }
}

TEST_F(SettlerCreditsTest, WhatExpiredIsPaidByAnotherBatch) {
  chain.send_faults.assign(30, SendFault::forgotten);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(worker_->step());
    clock.time = clock.time + 250;
  }
  chain.close_ledger(61);
  chain.send_faults.clear();
  run();
  expect_credited(1'000);
  EXPECT_EQ(worker_->status().expired, 1U);
}

TEST_F(SettlerCreditsTest, WhereHistoryIsPrunedTheContractsDecide) {
  lose_history();
  run();
  expect_credited(1'000);
  EXPECT_EQ(chain.applied, 1);
}

TEST_F(SettlerCreditsTest, InDoubtWritesAreReadBackAfterAnotherStart) {
  for (const log::Fault fault :
       {log::Fault::in_doubt_applied, log::Fault::in_doubt_dropped, log::Fault::busy}) {
    for (int at = 0; at < 6; ++at) {
      ticks.credit(7, ordered_ += 10);
      int writes = 0;
      log.set_fault_source([&](log::Write) { return writes++ == at ? fault : log::Fault::none; });
      for (int i = 0; i < 2'000 && worker_->status().credits_paid != Amount(ordered_); ++i) {
        const auto step = worker_->step();
        tick(i);
        if (step || step.error().next == Next::retry) continue;
        ASSERT_TRUE(step.error().next == Next::in_doubt || step.error().next == Next::abort);
        for (int tries = 0; tries < 3 && !worker_->start(); ++tries) continue;
      }
      log.set_fault_source({});
      run();
      expect_credited(ordered_);
    }
  }
}

// Two settlers take the partition from each other, at every step of a batch's life.
TEST_F(SettlerCreditsTest, TwoSettlersPayOnce) {
  auto other = worker();
  for (int round = 0; round < 30; ++round) {
    ticks.credit(7, ordered_ += 10);
    SettlerWorker* const both[] = {worker_.get(), other.get()};
    for (int i = 0; i < round + 2; ++i) {
      SettlerWorker& one = *both[(i / 3) % 2];
      if (const auto step = one.step(); !step) {
        ASSERT_TRUE(one.start());
      }
      clock.time = clock.time + 250;
      if (i % 4 == 3) chain.close_ledger();
    }
    ASSERT_TRUE(worker_->start());
    run(2'000);
    expect_credited(ordered_);
  }
}

TEST_F(SettlerCreditsTest, AnEmptyTreasuryHoldsUpItsCreditsAndNothingElse) {
  chain.treasury = 500;
  ticks.credit(8, 400);
  ticks.introduce(0);
  ticks.due(0, 1'000);
  run(400);
  EXPECT_EQ(chain.credits_moved, 400) << "what it can pay it pays";
  EXPECT_EQ(chain.moved, 1'000);
  EXPECT_EQ(worker_->status().credits_waiting, 1U);
  EXPECT_EQ(worker_->status().credits_parked, 1U);
  EXPECT_EQ(worker_->status().treasury, Amount(100));
  const int sends = chain.sends;
  chain.treasury = 10'000;
  const TimeMs filled = clock.time;
  run();
  expect_credited(1'400);
  EXPECT_LT(clock.time - filled, 90'000);
  EXPECT_EQ(chain.sends, sends + 1) << "no fee was paid for asking";
  EXPECT_EQ(worker_->status().credits_parked, 0U);
}

TEST_F(SettlerCreditsTest, WithoutAKeyTheyWaitAndItSaysSo) {
  chain.treasury_key = false;
  restart();
  run(200);
  EXPECT_EQ(chain.sends, 0);
  ASSERT_TRUE(worker_->status().treasury_trouble);
  EXPECT_EQ(worker_->status().treasury_trouble->code, "no_treasury");
  chain.treasury_key = true;
  run();
  expect_credited(1'000);
}

TEST_F(SettlerCreditsTest, ManyAreSharedOutToTheNetworksLimits) {
  for (std::uint8_t n = 10; n < 90; ++n) ticks.credit(n, n);
  chain.items_max = 8;
  run(4'000);
  expect_credited(1'000 + (10 + 89) * 80 / 2);
  EXPECT_GE(chain.applied, 11);
  EXPECT_LE(chain.applied, 30);
}

TEST_F(SettlerCreditsTest, AMeterThatFailsEverySimulationDoesNotHoldUpTheOthers) {
  for (std::uint8_t n = 10; n < 20; ++n) ticks.credit(n, 5);
  chain.poison.insert(id_of<MeterId>(12));
  run(1'000);
  EXPECT_EQ(chain.credits_moved, 1'000 + 9 * 5);
  chain.poison.clear();
  run(2'000);
  expect_credited(1'000 + 10 * 5);
}

}  // namespace
}  // namespace paytick::settler::testing
