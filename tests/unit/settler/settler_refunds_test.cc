// The shell releases refunds as it pays sums: whatever goes wrong, once, and after all that is owed.
#include <gtest/gtest.h>

#include "unit/settler/settler_world.h"

namespace paytick::settler::testing {
namespace {

constexpr std::uint8_t kMeter = 2;

class SettlerRefundsTest : public SettlerTest {
 protected:
  void SetUp() override {
    ticks.introduce(0, kMeter);
    restart();
  }

  // As the viewer asks for it on the chain.
  void ask() {
    asked_at_ = asked_at_ + 1'000'000;
    chain.meter_totals[id_of<MeterId>(kMeter)].refund_at = asked_at_;
    ticks.refund(kMeter, ++version_, asked_at_.ms);
  }
  bool done() const {
    const SettlerStatus status = worker_->status();
    return status.refunds_waiting == 0 && status.due == status.settled && status.in_flight == 0;
  }
  static constexpr int kEnough = 2'000;
  void run(int steps = kEnough) {
    for (int i = 0; i < steps; ++i) {
      const auto step = worker_->step();
      ASSERT_TRUE(step) << step.error().code << ": " << step.error().message;
      if (!*step && done()) return;
      clock.time = clock.time + 250;
      if (i % 20 == 19) chain.close_ledger();
    }
    const bool must_rest = steps == kEnough;
    EXPECT_TRUE(!must_rest || done()) << "it never came to rest";
  }

  TimeMs asked_at_{1'000'000'000};
  std::uint64_t version_ = 0;
};

TEST_F(SettlerRefundsTest, AfterTheLastOfWhatIsOwed) {
  ticks.charge(0, 700);
  run();
  EXPECT_EQ(chain.moved, 700);
  ticks.charge(0, 900);
  ask();
  run();
  EXPECT_EQ(chain.moved, 900);
  EXPECT_EQ(chain.refunds, 1);
  run(50);
  EXPECT_EQ(chain.refunds, 1) << "although the log does not know yet that it is over";
  ticks.refund(kMeter, ++version_, 0);
  ask();
  run();
  EXPECT_EQ(chain.refunds, 2);
}

TEST_F(SettlerRefundsTest, NotWhileSomethingCannotBeSettled) {
  chain.registered.clear();
  ticks.charge(0, 700);
  ask();
  run(4'000);
  EXPECT_EQ(chain.refunds, 0);
  EXPECT_EQ(worker_->status().refunds_waiting, 1U);
  chain.registered.insert(id_of<CreatorId>(3));
  clock.time = clock.time + 3'600'000;
  run();
  EXPECT_EQ(chain.moved, 700);
  EXPECT_EQ(chain.refunds, 1);
}

TEST_F(SettlerRefundsTest, EveryTroubleOfSendingEndsInOneRelease) {
  int released = 0;
  for (const SendFault fault :
       {SendFault::lost_applied, SendFault::lost, SendFault::unreachable, SendFault::try_again,
        SendFault::bad_sequence, SendFault::forgotten, SendFault::rejected}) {
    ask();
    chain.send_faults = {fault, SendFault::lost_applied, fault};
    chain.look_up_failures = 2;
    run(6'000);
    EXPECT_EQ(chain.refunds, ++released);
    EXPECT_EQ(worker_->status().in_flight, 0U);
    chain.send_faults.clear();
    ticks.refund(kMeter, ++version_, 0);
  }
}

TEST_F(SettlerRefundsTest, ARestartAtAnyStepReleasesOnce) {
  for (int crash = 1; crash < 40; ++crash) {
    ask();
    for (int i = 0; i < crash; ++i) {
      ASSERT_TRUE(worker_->step());
      clock.time = clock.time + 250;
      if (i % 5 == 4) chain.close_ledger();
    }
    restart();
    run();
    EXPECT_EQ(chain.refunds, crash);
    ticks.refund(kMeter, ++version_, 0);
  }
}

TEST_F(SettlerRefundsTest, WhereHistoryIsPrunedTheMeterDecides) {
  ask();
  lose_history();
  run();
  EXPECT_EQ(chain.refunds, 1);
  EXPECT_EQ(worker_->status().confirmed, 1U);
}

TEST_F(SettlerRefundsTest, OneThatIsOverOnChainIsNotAskedForAgainAndAgain) {
  ask();
  chain.meter_totals[id_of<MeterId>(kMeter)].refund_at = {};  // and the report has not come
  run(40);
  EXPECT_EQ(chain.refunds, 0);
  EXPECT_FALSE(worker_->status().chain_trouble) << "nothing is wrong";
  ticks.refund(kMeter, ++version_, 0);
  run();
  EXPECT_EQ(worker_->status().refunds_waiting, 0U);
}

TEST_F(SettlerRefundsTest, AfterItsDelayItIsTheViewersToTake) {
  chain.refund_delay_ms = 10'000;
  chain.close_ledger(0);
  asked_at_ = TimeMs{1'000'000};
  ask();
  run(40);
  EXPECT_EQ(chain.refunds, 0);
  EXPECT_EQ(worker_->status().refunds_waiting, 0U);
  EXPECT_FALSE(worker_->status().chain_trouble);
}

// `settlements` is read to its end before `ticks`: a release is known before the request that it was for.
TEST_F(SettlerRefundsTest, ARestartRemembersEveryReleaseInWhateverOrderItReads) {
  for (int i = 1; i <= 3; ++i) {
    ask();
    run();
    EXPECT_EQ(chain.refunds, i);
    if (i < 3) ticks.refund(kMeter, ++version_, 0);
  }
  // Somebody asks again, and the log does not know of it yet.
  chain.meter_totals[id_of<MeterId>(kMeter)].refund_at = asked_at_;
  restart();
  run(100);
  EXPECT_EQ(chain.refunds, 3);
  EXPECT_EQ(worker_->status().refunds_waiting, 0U);
}

TEST_F(SettlerRefundsTest, OneThatTheChainRefusesHoldsUpNobody) {
  chain.poison.insert(id_of<MeterId>(kMeter));
  ask();
  chain.meter_totals[id_of<MeterId>(7)].refund_at = asked_at_;
  ticks.refund(7, 1, asked_at_.ms);
  ticks.introduce(1, 8);
  ticks.charge(1, 500);
  run(200);
  EXPECT_EQ(chain.refunds, 1);
  EXPECT_EQ(chain.moved, 500);
  EXPECT_EQ(worker_->status().refunds_waiting, 1U);
  EXPECT_EQ(worker_->status().refund_oldest, asked_at_);
  EXPECT_FALSE(worker_->status().chain_trouble);
  chain.poison.clear();
  run();
  EXPECT_EQ(chain.refunds, 2);
}

}  // namespace
}  // namespace paytick::settler::testing
