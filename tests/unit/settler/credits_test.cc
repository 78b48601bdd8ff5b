// The fold of credits, and which of them are paid now.
#include "settler/credits.h"

#include <gtest/gtest.h>

#include "model/image.h"
#include "settler/accrual.h"
#include "unit/settler/log_fixture.h"

namespace paytick::settler::testing {
namespace {

constexpr std::size_t kMany = 100;

MeterId meter(std::uint8_t n) { return id_of<MeterId>(n); }

TxHash hash(std::uint8_t n) { return id_of<TxHash>(n); }

CreditLine order(std::uint8_t n, std::int64_t cumulative) {
  CreditLine line;
  line.meter = meter(n);
  line.credited = Amount(cumulative);
  return line;
}

Prepared prepared(std::uint8_t n, CreditBatch items) {
  Prepared line;
  line.hash = hash(n);
  line.credits = std::move(items);
  return line;
}

class CreditsTest : public ::testing::Test {
 protected:
  void ordered(std::uint8_t n, std::int64_t cumulative, std::int64_t at = 0) {
    ASSERT_TRUE(credits_.apply(order(n, cumulative), TimeMs{at}));
  }
  std::vector<CreditBatch> plan(std::int64_t now = 0) const { return credits_.plan(TimeMs{now}, kMany); }

  Policy policy_;
  Credits credits_{policy_};
};

TEST_F(CreditsTest, AreOrderedAtOnceTheLongestWaitFirst) {
  ordered(1, 500, 20);
  ordered(2, 5, 10);
  ordered(1, 700, 30);
  const auto batches = plan();
  ASSERT_EQ(batches.size(), 1U);
  EXPECT_EQ(batches[0], (CreditBatch{{meter(2), Amount(5)}, {meter(1), Amount(700)}}));
  EXPECT_EQ(credits_.waiting(), 2U);
  EXPECT_EQ(credits_.ordered(), Amount(705));
}

TEST_F(CreditsTest, AnOrderNeverFalls) {
  ordered(1, 500);
  ordered(1, 500);
  const auto fallen = credits_.apply(order(1, 499), TimeMs{});
  ASSERT_FALSE(fallen);
  EXPECT_EQ(fallen.error().code, "credit_falls");
  EXPECT_EQ(fallen.error().next, Next::fatal);
}

TEST_F(CreditsTest, WhatIsInFlightIsNotOrderedAgain) {
  ordered(1, 500);
  EXPECT_TRUE(credits_.apply(prepared(1, {{meter(1), Amount(500)}})));
  ordered(1, 600);
  EXPECT_TRUE(plan().empty());
  EXPECT_TRUE(credits_.apply(Expired{hash(1), TimeMs{}}));
  EXPECT_EQ(plan().at(0), (CreditBatch{{meter(1), Amount(600)}}));
}

TEST_F(CreditsTest, WhatIsConfirmedStandsAndTheRestFollows) {
  ordered(1, 500);
  credits_.apply(prepared(1, {{meter(1), Amount(500)}}));
  ordered(1, 600);
  EXPECT_TRUE(credits_.apply(
      Confirmed{hash(1), 7, TimeMs{}, Amount(100), {}, {{meter(1), Amount(500), Amount(500), kCodePaid}}}));
  EXPECT_EQ(credits_.credited(), Amount(500));
  EXPECT_EQ(plan().at(0), (CreditBatch{{meter(1), Amount(600)}}));
}

// Settlements are read first, and to their end.
TEST_F(CreditsTest, TheTopicsMayBeReadInAnyOrder) {
  credits_.apply(
      Confirmed{hash(1), 7, TimeMs{}, Amount(100), {}, {{meter(1), Amount(500), Amount(500), kCodePaid}}});
  credits_.apply(prepared(2, {{meter(2), Amount(50)}}));
  ordered(1, 500);
  ordered(2, 50);
  EXPECT_TRUE(plan().empty());
  EXPECT_EQ(credits_.waiting(), 1U);
}

TEST_F(CreditsTest, LinesOfSumsAreOfNoConcern) {
  EXPECT_FALSE(credits_.apply(Prepared{}));
  EXPECT_FALSE(credits_.apply(Confirmed{}));
  EXPECT_FALSE(credits_.apply(Failed{hash(1), "tx_bad_seq", TimeMs{}}));
  EXPECT_FALSE(credits_.apply(Expired{hash(1), TimeMs{}}));
  EXPECT_FALSE(credits_.apply(Parked{}));
}

TEST_F(CreditsTest, WhatIsRefusedWaitsLongerEachTimeButNeverLong) {
  ordered(1, 500);
  std::int64_t now = 0, waits = 0;
  for (int i = 0; i < 20; ++i) {
    ASSERT_FALSE(plan(now).empty());
    credits_.foretold({meter(1), Amount(500)}, kCodeTransferFailed, TimeMs{now});
    EXPECT_TRUE(plan(now).empty());
    const std::int64_t before = now;
    while (plan(now).empty()) now += 1'000;
    EXPECT_GE(now - before, std::min(waits, policy_.credit_retry_ms_max));
    EXPECT_LE(now - before, policy_.credit_retry_ms_max);
    waits = now - before;
  }
  const auto park = credits_.to_park(TimeMs{now});
  ASSERT_EQ(park.size(), 1U);
  EXPECT_EQ(park[0].code, kRefusedTooOften);
  // Parked is a word to the operator; it is asked for as before.
  credits_.apply(Settlement(park[0]));
  EXPECT_EQ(credits_.parked(), 1U);
  EXPECT_TRUE(credits_.to_park(TimeMs{now}).empty());
  EXPECT_FALSE(plan(now).empty());
  credits_.foretold({meter(1), Amount(500)}, kCodeNothingNew, TimeMs{now});
  EXPECT_EQ(credits_.parked(), 0U);
  EXPECT_EQ(credits_.waiting(), 0U);
}

TEST_F(CreditsTest, WhatTryingAgainCannotHelpIsGivenUp) {
  ordered(1, 500);
  credits_.apply(ParkedCredit{meter(1), "router_12", Amount(500), TimeMs{}});
  EXPECT_TRUE(plan(1'000'000'000).empty());
  EXPECT_EQ(credits_.parked(), 1U);
}

TEST_F(CreditsTest, BatchesAreBoundedAndHalvedByFailures) {
  for (std::uint8_t n = 1; n <= 60; ++n) ordered(n, 10);
  EXPECT_EQ(plan().size(), 3U);
  EXPECT_EQ(plan().at(0).size(), policy_.credit_items_max);
  EXPECT_EQ(credits_.plan(TimeMs{}, 7).at(0).size(), 7U);
  credits_.apply(prepared(1, plan().at(0)));
  credits_.apply(Failed{hash(1), "invoke_resource_limit_exceeded", TimeMs{}});
  EXPECT_EQ(plan().at(0).size(), policy_.credit_items_max / 2);
  EXPECT_EQ(plan(1'000'000).size(), 5U) << "those that failed are asked for again, too";
}

TEST_F(CreditsTest, AreTheAccrualsAndInItsImage) {
  Accrual accrual(policy_);
  ASSERT_TRUE(accrual.apply(Output(order(1, 500)), TimeMs{3}));
  ASSERT_TRUE(accrual.apply(Output(order(2, 50)), TimeMs{4}));
  accrual.apply(Settlement(
      Confirmed{hash(1), 7, TimeMs{}, Amount(100), {}, {{meter(1), Amount(300), Amount(300), kCodePaid}}}));
  accrual.apply(Settlement(ParkedCredit{meter(2), "refused_too_often", Amount(50), TimeMs{}}));
  EXPECT_EQ(accrual.settled(), Amount(0));
  ImageWriter out;
  accrual.write_image(out);
  const std::string bytes = out.take();
  ImageReader in(bytes);
  Accrual again(policy_);
  again.read_image(in);
  EXPECT_TRUE(in.done());
  EXPECT_EQ(again.credits().all(), accrual.credits().all());
  EXPECT_EQ(again.credits().plan(TimeMs{9}, kMany), accrual.credits().plan(TimeMs{9}, kMany));
}

}  // namespace
}  // namespace paytick::settler::testing
