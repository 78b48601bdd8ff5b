// The whole settler against the real contracts: ticks on a log, money on a chain, and a node that misbehaves.
#include "integration/settler/settler_on_chain.h"

#include <gtest/gtest.h>

#include "settler/chain_event_reader.h"
#include "settler/creator_registrar.h"

namespace paytick::settler::testing {
namespace {

class SettlerOnChainTest : public OnChain {
 protected:
  static void SetUpTestSuite() { deploy("test"); }

  void SetUp() override {
    config_.policy.threshold = Amount(1);
    config_.policy.max_fee_share_bps = 1'000'000'000;
    const auto paid = deployment_->chain->paid(
        std::vector{SettlementItem{SumId{0}, deployment_->meter, Deployment::creator(), 1'000, Amount(0)}});
    ASSERT_TRUE(paid) << paid.error().message;
    due_ = paid->at(0).units();
    ticks_.write({SumLine{SumId{0}, Deployment::viewer(), deployment_->meter, Deployment::creator(), 1'000}});
    owe(10'000);
    restart();
  }

  void owe(std::int64_t more) {
    due_ += more;
    ticks_.due(0, due_);
  }
  void settle_all() {
    run_until([&] { return worker_->status().settled == Amount(due_) && worker_->status().in_flight == 0; });
  }
  void expect_chain_agrees() {
    const auto paid = chain_->paid(
        std::vector{SettlementItem{SumId{0}, deployment_->meter, Deployment::creator(), 1'000, Amount(0)}});
    ASSERT_TRUE(paid) << paid.error().message;
    EXPECT_EQ(paid->at(0), Amount(due_));
    EXPECT_EQ(deployment_->dev->meter_balance(deployment_->meter), Amount(50'000'000 - due_));
  }

  std::int64_t due_ = 0;
};

TEST_F(SettlerOnChainTest, SettlesWhatIsDue) {
  settle_all();
  owe(2'345);
  settle_all();
  expect_chain_agrees();
  EXPECT_EQ(worker_->status().confirmed, 2U);
}

TEST_F(SettlerOnChainTest, ALostAnswerIsAPaymentMadeOnce) {
  net_->fault(R"({"method":"sendTransaction","fault":"apply_drop"})");
  settle_all();
  expect_chain_agrees();
}

TEST_F(SettlerOnChainTest, TryAgainLaterABusyNodeAndLostLookUps) {
  net_->fault(R"({"method":"sendTransaction","fault":"try_again_later","count":2})");
  net_->fault(R"({"method":"sendTransaction","fault":"refuse","skip":2})");
  net_->fault(R"({"method":"getTransaction","fault":"go_away","skip":3,"count":2})");
  settle_all();
  expect_chain_agrees();
}

TEST_F(SettlerOnChainTest, ARestartBetweenPreparedAndSend) {
  run_until([&] { return worker_->status().in_flight == 1; });
  restart();
  EXPECT_EQ(worker_->status().in_flight, 1U);
  settle_all();
  expect_chain_agrees();
}

TEST_F(SettlerOnChainTest, ARestartAfterTheAnswerWasLost) {
  net_->fault(R"({"method":"sendTransaction","fault":"apply_drop"})");
  run_until([&] { return worker_->status().in_flight == 1; });
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(worker_->step());
  restart();
  settle_all();
  expect_chain_agrees();
}

TEST_F(SettlerOnChainTest, WhatTheNodeForgetsExpiresAndIsPaidByAnotherBatch) {
  // The node answers PENDING and forgets; the transaction's time passes before it would be sent again.
  config_.valid_ms = 3'000;
  restart();
  net_->fault(R"({"method":"sendTransaction","fault":"forget"})");
  settle_all();
  EXPECT_EQ(worker_->status().expired, 1U);
  expect_chain_agrees();
}

TEST_F(SettlerOnChainTest, EventsBecomeMeterReports) {
  ChainEventReader reader({.start_ledger = 2, .poll_ms = 0}, log_, *chain_, clock_);
  ASSERT_TRUE(reader.start());
  settle_all();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::vector<MeterReport> reports;
  Offset next{};
  while (reports.empty() || reports.back().paid != Amount(due_)) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    const auto stepped = reader.step();
    ASSERT_TRUE(stepped) << stepped.error().message;
    auto records = log_.read({log::Topic::heartbeats, PartitionId{0}}, next, 1 << 20);
    ASSERT_TRUE(records);
    for (log::Record& record : *records) {
      next = Offset{static_cast<std::int64_t>(record.offset) + 1};
      codec::for_each_line(record.value, [&](codec::MutableLine line) {
        const auto input = codec::parse_input(line);
        ASSERT_TRUE(input) << input.error().message;
        const auto& report = std::get<MeterReport>(*input);
        EXPECT_EQ(report.viewer, Deployment::viewer());
        EXPECT_FALSE(report.tx.is_zero());
        EXPECT_GE(report.deposited, reports.empty() ? Amount(0) : reports.back().deposited);
        reports.push_back(report);
      });
    }
  }
  EXPECT_EQ(reports.back().deposited, Amount(50'000'000));
  EXPECT_FALSE(reader.cursor().empty());
}

}  // namespace
}  // namespace paytick::settler::testing
