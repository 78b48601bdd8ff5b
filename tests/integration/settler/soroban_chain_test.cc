// The settler's chain against the real contracts on the local network.
#include <gtest/gtest.h>

#include "integration/settler/local_chain.h"
#include "settler/bulk_funding.h"
#include "settler/policy.h"

namespace paytick::settler::testing {
namespace {

class SorobanChainTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    net_ = new LocalChain();
    stage_ = new Deployment(*net_);
  }
  static void TearDownTestSuite() {
    delete stage_;
    delete net_;
  }

  static SettlementItem item(std::int64_t cumulative, CreatorId creator = Deployment::creator(),
                             std::uint16_t bps = 1'000) {
    return {SumId{0}, stage_->meter, creator, bps, Amount(cumulative)};
  }

  static Preparation prepare(const std::vector<SettlementItem>& items) {
    const auto sequence = stage_->chain->next_sequence();
    EXPECT_TRUE(sequence) << sequence.error().message;
    const auto ledger = stage_->chain->latest_ledger();
    EXPECT_TRUE(ledger) << ledger.error().message;
    EXPECT_GT(ledger->close_time.ms, 0);
    auto prepared = stage_->chain->prepare(items, *sequence, TimeMs{}, ledger->close_time + 60'000);
    EXPECT_TRUE(prepared) << prepared.error().code << ": " << prepared.error().message;
    return prepared ? *prepared : Preparation{};
  }

  static TransactionAnswer wait_for(const Prepared& prepared) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    TransactionAnswer answer;
    while (std::chrono::steady_clock::now() < deadline) {
      auto found = stage_->chain->transaction(prepared);
      if (found) answer = *found;
      if (answer.state != TransactionState::not_found) break;
      ::usleep(20'000);
    }
    return answer;
  }

  static inline LocalChain* net_ = nullptr;
  static inline Deployment* stage_ = nullptr;
};

TEST_F(SorobanChainTest, SettlesOnceAndTellsWhatMoved) {
  ASSERT_TRUE(stage_->chain->register_creators(std::vector{Deployment::creator()}));
  ASSERT_TRUE(stage_->chain->register_creators(std::vector{Deployment::creator()}));  // again: nothing to do
  const Amount fees_before = *stage_->dev->account_balance(Deployment::fees());
  const Preparation first = prepare({item(1'200'001)});
  ASSERT_EQ(first.codes, std::vector<std::int32_t>{kCodePaid});
  const auto sent = stage_->chain->send(first.prepared.envelope);
  ASSERT_TRUE(sent) << sent.error().message;
  EXPECT_EQ(sent->status, SendStatus::pending) << sent->code;
  const TransactionAnswer answer = wait_for(first.prepared);
  ASSERT_EQ(answer.state, TransactionState::success) << answer.code;
  ASSERT_EQ(answer.items.size(), 1U);
  EXPECT_EQ(answer.items[0],
            (SettledItem{SumId{0}, Amount(1'200'001), Amount(1'200'001), Amount(120'000), 0}));
  EXPECT_GT(answer.network_fee, Amount(0));
  EXPECT_EQ(*stage_->dev->meter_balance(stage_->meter), Amount(50'000'000 - 1'200'001));
  EXPECT_EQ(stage_->dev->account_balance(Deployment::fees())->units() - fees_before.units(), 120'000);

  // The same sum again is foretold, and moves nothing if it is sent all the same.
  const Preparation again = prepare({item(1'200'001)});
  EXPECT_EQ(again.codes, std::vector<std::int32_t>{kCodeNothingNew});
  ASSERT_TRUE(stage_->chain->send(again.prepared.envelope));
  const TransactionAnswer nothing = wait_for(again.prepared);
  ASSERT_EQ(nothing.state, TransactionState::success);
  EXPECT_EQ(nothing.items.at(0).amount, Amount(0));
  EXPECT_EQ(nothing.items.at(0).code, kCodeNothingNew);
  const auto paid = stage_->chain->paid(std::vector{item(0)});
  ASSERT_TRUE(paid) << paid.error().message;
  EXPECT_EQ(paid->at(0), Amount(1'200'001));

  // The very same bytes are known.
  const auto duplicate = stage_->chain->send(first.prepared.envelope);
  ASSERT_TRUE(duplicate);
  EXPECT_NE(duplicate->status, SendStatus::pending);
}

TEST_F(SorobanChainTest, BadItemsAreForetoldByTheirCodes) {
  ASSERT_TRUE(stage_->chain->register_creators(std::vector{Deployment::creator()}));
  const Preparation p = prepare({item(10, key_of("nobody").account()), item(60'000'000)});
  EXPECT_EQ(p.codes, (std::vector<std::int32_t>{13, 14}));  // unknown creator; above balance
}

TEST_F(SorobanChainTest, ALostAnswerIsInDoubtAndTheTransactionIsFound) {
  ASSERT_TRUE(stage_->chain->register_creators(std::vector{Deployment::creator()}));
  const Preparation p = prepare({item(2'000'000)});
  net_->fault(R"({"method":"sendTransaction","fault":"apply_drop"})");
  const auto sent = stage_->chain->send(p.prepared.envelope);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().next, Next::in_doubt) << sent.error().message;
  EXPECT_EQ(wait_for(p.prepared).state, TransactionState::success);
}

TEST_F(SorobanChainTest, TryAgainLaterAndBusyNodesAreToldApart) {
  ASSERT_TRUE(stage_->chain->register_creators(std::vector{Deployment::creator()}));
  const Preparation p = prepare({item(2'100'000)});
  net_->fault(R"({"method":"sendTransaction","fault":"try_again_later"})");
  auto sent = stage_->chain->send(p.prepared.envelope);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->status, SendStatus::try_again_later);
  net_->fault(R"({"method":"sendTransaction","fault":"refuse"})");
  sent = stage_->chain->send(p.prepared.envelope);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().next, Next::in_doubt);  // a 503 may come from something before the node
  net_->fault(R"({"method":"getTransaction","fault":"refuse"})");
  const auto busy = stage_->chain->transaction(p.prepared);
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().next, Next::retry);
  net_->fault(R"({"method":"getTransaction","fault":"go_away"})");
  const auto looked = stage_->chain->transaction(p.prepared);
  ASSERT_FALSE(looked);
  EXPECT_EQ(looked.error().next, Next::retry);
}

TEST_F(SorobanChainTest, EventsTellTotalsAndComeFromTheRouterAlone) {
  auto page = stage_->chain->events({}, 2);
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_FALSE(page->events.empty());
  EXPECT_EQ(page->events.front().report.viewer, Deployment::viewer());
  EXPECT_EQ(page->events.front().report.meter, stage_->meter);
  const MeterReport newest = page->events.back().report;
  EXPECT_EQ(newest.deposited, Amount(50'000'000));
  EXPECT_EQ(newest.allowance, kMaxAmount);

  // A second router is another contract: its events, alike to the last byte, are not ours.
  Deployment forger(*net_, "forger");
  page = stage_->chain->events(page->cursor, 0);
  ASSERT_TRUE(page) << page.error().message;
  for (const ChainEvent& event : page->events) EXPECT_EQ(event.report.meter, stage_->meter);

  const auto asked = stage_->chain->totals(stage_->meter);
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_EQ(asked->deposited, newest.deposited);
}

TEST_F(SorobanChainTest, ManyViewersAreFundedSideBySide) {
  std::vector<ViewerId> viewers;
  for (int i = 0; i < 130; ++i) viewers.push_back(key_of("many " + std::to_string(i)).account());
  BulkFunding options;
  options.rpc_url = net_->rpc_url;
  options.friendbot_url = net_->friendbot_url;
  options.passphrase = LocalChain::kPassphrase;
  options.router = stage_->router;
  options.deposit = Amount(1'000'000);
  options.payers = 4;
  options.payers_name = "test";
  std::size_t done = 0;
  options.progress = [&](std::size_t n) { done = n; };
  const auto meters = fund_viewers(options, viewers);
  ASSERT_TRUE(meters) << meters.error().code << ": " << meters.error().message;
  EXPECT_EQ(done, viewers.size());
  for (const std::size_t i : {std::size_t{0}, std::size_t{77}, viewers.size() - 1}) {
    const auto totals = stage_->chain->totals(meters->at(i));
    ASSERT_TRUE(totals) << totals.error().message;
    EXPECT_EQ(totals->viewer, viewers[i]);
    EXPECT_EQ(totals->deposited, Amount(1'000'000));
  }
}

}  // namespace
}  // namespace paytick::settler::testing
