// What a viewer asks back, against the real contracts: first the creators, then the rest, once and at once.
#include <gtest/gtest.h>

#include "chain/submitter.h"
#include "integration/settler/settler_on_chain.h"

namespace paytick::settler::testing {
namespace {

class RefundsOnChainTest : public OnChain {
 protected:
  static void SetUpTestSuite() {
    deploy("refunds");
    const std::vector<AccountId> viewers{Deployment::viewer()};
    ASSERT_TRUE(deployment_->dev->fund(net_->friendbot_url, viewers));
  }

  void SetUp() override {
    const std::vector<std::pair<MeterId, Amount>> deposit{{deployment_->meter, Amount(10'000'000)}};
    ASSERT_TRUE(deployment_->dev->deposit_many(deployment_->router, deposit));
    ticks_.write({SumLine{SumId{0}, Deployment::viewer(), deployment_->meter, Deployment::creator(), 1'000}});
    restart();
  }

  static MeterReport totals() {
    const auto now = deployment_->chain->totals(deployment_->meter);
    EXPECT_TRUE(now) << now.error().message;
    return now.value_or(MeterReport{});
  }
  // The viewer's own word to the meter, and what the fold makes of the chain's report.
  static void say(std::string_view function) {
    auto rpc = chain::RpcClient::create(net_->rpc_url);
    ASSERT_TRUE(rpc);
    chain::Submitter viewer(*rpc, chain::network_id(LocalChain::kPassphrase), key_of("viewer"));
    const auto done = viewer.submit(chain::invoke(deployment_->meter, function, {}));
    ASSERT_TRUE(done) << done.error().message;
  }
  void report() {
    const MeterReport now = totals();
    MeterLine line;
    line.viewer = now.viewer, line.meter = now.meter;
    line.version = now.version;
    line.refund_at = now.refund_at;
    ticks_.write({line});
    run_until([&] { return worker_->status().refunds_waiting == 1; });
  }
  void charge(std::int64_t more) { ticks_.charge(0, charged_ += more); }
  bool released() const { return worker_->status().refunds_waiting == 0 && worker_->status().in_flight == 0; }
  void expect_all_paid_out(const MeterReport& before) {
    const MeterReport after = totals();
    EXPECT_EQ(after.refund_at, TimeMs{});
    EXPECT_EQ(after.deposited, add(after.refunded, after.paid)) << "nothing is left";
    EXPECT_EQ(after.paid, add(before.paid, Amount(charged_)));
    EXPECT_EQ(deployment_->dev->meter_balance(deployment_->meter), Amount(0));
  }

  std::int64_t charged_ = 0;
};

// The contract's sums of (meter, creator, bps) go on from test to test, so only the first settles anything.
TEST_F(RefundsOnChainTest, TheCreatorIsPaidAndTheViewerGetsTheRest) {
  const MeterReport before = totals();
  charge(300'000);
  say("request_refund");
  report();
  run_until([&] { return worker_->status().settled == Amount(charged_) && released(); });
  expect_all_paid_out(before);
  EXPECT_EQ(worker_->status().confirmed, 2U);
  const SettlerStatus once = worker_->status();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(worker_->step());
  EXPECT_EQ(worker_->status().confirmed, once.confirmed) << "although the log still says that it is pending";
}

TEST_F(RefundsOnChainTest, ALostAnswerIsOneRelease) {
  const MeterReport before = totals();
  say("request_refund");
  report();
  net_->fault(R"({"method":"sendTransaction","fault":"apply_drop"})");
  run_until([&] { return released(); });
  expect_all_paid_out(before);
  EXPECT_EQ(worker_->status().confirmed, 1U);
}

TEST_F(RefundsOnChainTest, ARestartAfterTheAnswerWasLost) {
  const MeterReport before = totals();
  say("request_refund");
  report();
  net_->fault(R"({"method":"sendTransaction","fault":"apply_drop"})");
  run_until([&] { return worker_->status().in_flight == 1; });
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(worker_->step());
  restart();
  run_until([&] { return released(); });
  expect_all_paid_out(before);
}

TEST_F(RefundsOnChainTest, ARequestThatTheChainDoesNotKnowIsRefused) {
  const auto slot = deployment_->chain->next_sequence();
  const auto now = deployment_->chain->latest_ledger();
  ASSERT_TRUE(slot && now);
  const TimeMs soon = now->close_time + 10'000;
  const RefundItem none{deployment_->meter, now->close_time};
  const auto refused = deployment_->chain->prepare_refund(none, *slot, {}, soon);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "no_refund");

  say("request_refund");
  const RefundItem real{deployment_->meter, totals().refund_at};
  EXPECT_TRUE(deployment_->chain->prepare_refund(real, *slot, {}, soon));
  const auto beyond = deployment_->chain->prepare_refund(real, *slot, {}, real.asked_at + 72 * 3'600'000LL);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, "refund_aged");
  EXPECT_TRUE(
      deployment_->chain->prepare_refund(real, *slot, {}, real.asked_at + (72 * 3'600'000LL - 1'000)));
  report();
  run_until([&] { return released(); });
}

}  // namespace
}  // namespace paytick::settler::testing
