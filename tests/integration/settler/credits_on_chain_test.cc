// Credits and payouts against the real contracts, with a node that misbehaves: paid once, out of the
// treasury.
#include <gtest/gtest.h>

#include "integration/settler/settler_on_chain.h"

namespace paytick::settler::testing {
namespace {

class CreditsOnChainTest : public OnChain {
 protected:
  static void SetUpTestSuite() { deploy("credits"); }

  void SetUp() override {
    config_.treasury_poll_ms = 100;
    config_.policy.retry_ms = 200;
    config_.policy.credit_retry_ms_max = 500;
    config_.policy.failures_max = 3;
    ordered_ = on_chain();
    before_ = balance();
    treasury_before_ = treasury();
    order(10'000'000);
    restart();
  }

  static std::int64_t on_chain() {
    const auto sums = deployment_->chain->credited(std::vector{CreditItem{deployment_->meter, Amount(0)}});
    EXPECT_TRUE(sums) << sums.error().message;
    return sums ? sums->at(0).units() : 0;
  }
  static std::int64_t balance() {
    const auto held = deployment_->dev->meter_balance(deployment_->meter);
    EXPECT_TRUE(held);
    return held ? held->units() : 0;
  }
  static std::int64_t treasury() {
    const auto held = deployment_->chain->treasury_balance();
    EXPECT_TRUE(held) << held.error().message;
    return held ? held->units() : 0;
  }
  void order(std::int64_t more) {
    moved_ += more;
    credit(ticks_, deployment_->meter, ordered_ += more);
  }
  static void credit(TicksWriter& ticks, const MeterId& meter, std::int64_t cumulative) {
    CreditLine line;
    line.viewer = Deployment::viewer();
    line.meter = meter;
    line.key = "key";
    line.reason = "purchase";
    line.credited = Amount(cumulative);
    ticks.write({line});
  }
  // All that the test has ordered, too.
  void pay_all() {
    run_until([&] {
      return worker_->status().credits_paid >= Amount(ordered_) && worker_->status().credits_waiting == 0 &&
             worker_->status().in_flight == 0;
    });
  }
  void expect_paid_once() const {
    EXPECT_EQ(on_chain(), ordered_);
    EXPECT_EQ(balance(), before_ + moved_);
    EXPECT_EQ(treasury(), treasury_before_ - moved_) << "the settler pays the fees";
  }

  std::int64_t ordered_ = 0, moved_ = 0, before_ = 0, treasury_before_ = 0;
};

TEST_F(CreditsOnChainTest, PaysWhatIsOrdered) {
  pay_all();
  expect_paid_once();
  order(5);
  pay_all();
  expect_paid_once();
  EXPECT_EQ(worker_->status().confirmed, 2U);
  run_until([&] { return worker_->status().treasury == Amount(treasury()); });
}

TEST_F(CreditsOnChainTest, ALostAnswerIsACreditMadeOnce) {
  net_->fault(R"({"method":"sendTransaction","fault":"apply_drop"})");
  pay_all();
  expect_paid_once();
}

TEST_F(CreditsOnChainTest, ARestartAfterTheAnswerWasLost) {
  net_->fault(R"({"method":"sendTransaction","fault":"apply_drop"})");
  run_until([&] { return worker_->status().in_flight == 1; });
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(worker_->step());
  restart();
  pay_all();
  expect_paid_once();
}

TEST_F(CreditsOnChainTest, WhatTheNodeForgetsExpiresAndIsPaidByAnotherBatch) {
  config_.valid_ms = 3'000;
  restart();
  net_->fault(R"({"method":"sendTransaction","fault":"forget"})");
  pay_all();
  EXPECT_EQ(worker_->status().expired, 1U);
  expect_paid_once();
}

// A settler whose log knows nothing of what was paid: the contract does.
TEST_F(CreditsOnChainTest, AnOrderCarriedOutBeforeMovesNothing) {
  pay_all();
  log::MemoryLog other({.partitions = 1, .wait_blocks = false});
  TicksWriter ticks(other);
  credit(ticks, deployment_->meter, ordered_);
  SettlerWorker forgetful(config_, other, *chain_, clock_, random_);
  ASSERT_TRUE(forgetful.start());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (forgetful.status().credits_paid != Amount(ordered_)) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    const auto stepped = forgetful.step();
    ASSERT_TRUE(stepped) << stepped.error().message;
  }
  EXPECT_EQ(forgetful.status().confirmed, 0U) << "the simulation foretold it";
  expect_paid_once();
}

TEST_F(CreditsOnChainTest, ATreasuryShortOfMoneyPaysWhenItHasSome) {
  pay_all();
  order(treasury());  // more than it can pay, since an account keeps its reserve
  run_until([&] { return worker_->status().credits_parked == 1; });
  EXPECT_EQ(worker_->status().credits_waiting, 1U);
  const auto token =
      chain::asset_contract_id(chain::network_id(LocalChain::kPassphrase), chain::Asset{chain::Native{}});
  const auto filled = deployment_->dev->submitter().submit(
      chain::invoke(token, "transfer",
                    {chain::sc_address(key_of("operator").account()),
                     chain::sc_address(key_of("treasury").account()), chain::sc_i128(Amount(100'000'000))}));
  ASSERT_TRUE(filled) << filled.error().message;
  treasury_before_ += 100'000'000;
  pay_all();
  expect_paid_once();
  EXPECT_EQ(worker_->status().credits_parked, 0U);
}

TEST_F(CreditsOnChainTest, ManyMetersInOneTransaction) {
  pay_all();
  std::vector<ViewerId> viewers;
  for (int i = 0; i < 25; ++i) viewers.push_back(key_of("viewer " + std::to_string(i)).account());
  const auto meters = deployment_->dev->deploy_meters(deployment_->router, viewers);
  ASSERT_TRUE(meters) << meters.error().message;
  const std::uint64_t confirmed = worker_->status().confirmed;
  std::vector<Output> lines;
  for (const MeterId& meter : *meters) {
    CreditLine line;
    line.meter = meter;
    line.key = "key";
    line.reason = "purchase";
    line.credited = Amount(1'000);
    lines.emplace_back(line);
  }
  ticks_.write(lines);
  run_until([&] { return worker_->status().credits_waiting > 0; });
  pay_all();
  EXPECT_EQ(worker_->status().confirmed, confirmed + 1);
  for (const MeterId& meter : *meters) EXPECT_EQ(deployment_->dev->meter_balance(meter), Amount(1'000));
}

// Far below the threshold and not old: the policy alone would let it wait.
TEST_F(CreditsOnChainTest, APayoutResetsWhatIsOwed) {
  pay_all();
  const auto earned = [&] { return deployment_->dev->account_balance(Deployment::creator())->units(); };
  const std::int64_t earned_before = earned();
  ticks_.write({SumLine{SumId{0}, Deployment::viewer(), deployment_->meter, Deployment::creator(), 1'000}});
  ticks_.due(0, 400'000);
  run_until([&] { return worker_->status().due == Amount(400'000); });
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(worker_->step());
  EXPECT_EQ(worker_->status().settled, Amount(0)) << "it waits for more";
  ticks_.write({PayoutLine{Deployment::creator(), clock_.now()}});
  run_until([&] { return worker_->status().settled == Amount(400'000); });
  EXPECT_EQ(worker_->status().due, worker_->status().settled) << "nothing is owed";
  EXPECT_EQ(earned(), earned_before + 360'000) << "less the platform's tenth";
  EXPECT_EQ(balance(), before_ + moved_ - 400'000);
}

}  // namespace
}  // namespace paytick::settler::testing
