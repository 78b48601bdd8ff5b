// Tokens: whole numbers of a unit of the asset.

#include "ingest/api/token_money.h"

#include <gtest/gtest.h>

namespace paytick::ingest {
namespace {

constexpr ShowMoney kMoney{};

TEST(TokenMoney, BalancesAreRoundedDown) {
  EXPECT_EQ(amount_of(500, kMoney), Amount(500'000'000));
  EXPECT_EQ(tokens_of(Amount(500'999'999), kMoney), 500);
  EXPECT_EQ(tokens_of(Amount(-1), kMoney), 0);
}

TEST(TokenMoney, WhatIsMissingIsRoundedUp) {
  EXPECT_EQ(tokens_missing(Amount(500'000'000), Amount(50'000'000), kMoney), 450);
  EXPECT_EQ(tokens_missing(Amount(500'000'000), Amount(50'000'001), kMoney), 450);
  EXPECT_EQ(tokens_missing(Amount(500'000'000), Amount(-5), kMoney), 500);
  EXPECT_EQ(tokens_missing(Amount(1), Amount(1), kMoney), 1) << "an allowance may bind, too";
}

TEST(CallPlan, IsHalfAMinuteABlock) {
  const auto plan = call_plan(100, kMoney);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->tick_ms, 30'000);
  EXPECT_EQ(plan->price_per_tick, Amount(50'000'000));
  EXPECT_EQ(plan->platform_bps, 2'000);
  EXPECT_FALSE(plan->refund_unused);
  EXPECT_EQ(plan->minimum_ticks, 1);
}

TEST(CallPlan, RefusesWhatDoesNotDivide) {
  EXPECT_EQ(call_plan(101, kMoney).error().code, "invalid_plan");
  EXPECT_EQ(call_plan(kTokensMax, {.token_units = 1'000'000'000'000}).error().code, "invalid_plan");
}

}  // namespace
}  // namespace paytick::ingest
