#include "ingest/rate_table.h"

#include <gtest/gtest.h>

#include <string>

namespace paytick::ingest {
namespace {

constexpr TimeMs kNow{1'700'000'000'000};

TEST(RateTable, ABurstPassesAndThenTheRate) {
  RateTable table(60, 5, 64, {});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(table.take("a", kNow)) << i;
  EXPECT_FALSE(table.take("a", kNow));
  EXPECT_FALSE(table.take("a", kNow + 999));
  EXPECT_TRUE(table.take("a", kNow + 1'000));
  EXPECT_FALSE(table.take("a", kNow + 1'000));
  EXPECT_TRUE(table.take("b", kNow + 1'000));  // somebody else
}

TEST(RateTable, NoRateIsNoLimit) {
  RateTable table(0, 0, 64, {});
  for (int i = 0; i < 1'000; ++i) ASSERT_TRUE(table.take("a", kNow));
}

TEST(RateTable, WhoAsksTooMuchIsRememberedThoughThousandsPassBy) {
  RateTable table(60, 100, 64, {});
  while (table.take("greedy", kNow)) {
  }
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_TRUE(table.take("passer " + std::to_string(i), kNow));
    EXPECT_FALSE(table.take("greedy", kNow));
  }
}

TEST(RateTable, AClockThatStepsBackLeavesNobodyWaiting) {
  RateTable table(60, 5, 64, {});
  EXPECT_TRUE(table.take("a", kNow));
  const TimeMs before = kNow - 3'600'000;
  EXPECT_FALSE(table.take("a", before));
  EXPECT_FALSE(table.take("a", before + 999));
  EXPECT_TRUE(table.take("a", kNow + 10'000));
}

}  // namespace
}  // namespace paytick::ingest
