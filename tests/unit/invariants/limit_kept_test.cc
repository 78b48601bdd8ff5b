#include "invariants/limit_kept.h"

#include "lines.h"

namespace paytick::invariants {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

ViewerLine limit(std::int64_t amount, Period period) {
  ViewerLine line;
  line.viewer = id<ViewerId>(1);
  line.limit = Amount(amount);
  line.period = period;
  return line;
}

class LimitKeptTest : public testing::Test {
 protected:
  LimitKeptTest() {
    fine(rule_, sum(0, 1));
    fine(rule_, sum(1, 2));
    fine(rule_, opened(1, 0));
    fine(rule_, opened(2, 1));
  }
  LimitKept rule_;
};

TEST_F(LimitKeptTest, HoldsUpToTheLastUnitAcrossMeters) {
  fine(rule_, limit(60, Period::total));
  fine(rule_, ticks(1, 0, 0, 2, 2, 20, 0, 0));
  fine(rule_, ticks(2, 1, 0, 3, 3, 30, 0, 0));
  fine(rule_, tip(0, 10, 30, 10, 0));
}

TEST_F(LimitKeptTest, OneUnitBeyondAcrossMeters) {
  fine(rule_, limit(59, Period::total));
  fine(rule_, ticks(1, 0, 0, 2, 2, 20, 0, 0));
  fine(rule_, ticks(2, 1, 0, 3, 3, 30, 0, 0));
  const auto what = wrong(rule_, tip(0, 10, 30, 10, 0), "limit_passed");
  EXPECT_NE(what.find("has spent 60 of 59"), what.npos) << what;
}

TEST_F(LimitKeptTest, WhatIsGivenBackMayBeSpentAgain) {
  fine(rule_, limit(50, Period::day));
  fine(rule_, ticks(1, 0, 0, 5, 5, 50, 0, 0));
  fine(rule_, back(ticks(1, 0, 3, 2, 3, 30, 0, 0)));
  fine(rule_, ticks(1, 0, 3, 2, 5, 50, 0, 0));
  wrong(rule_, ticks(1, 0, 5, 1, 6, 60, 0, 0), "limit_passed");
}

TEST_F(LimitKeptTest, ADayEndsAndWhatWasSpentOnItIsNotGivenBackToTheNext) {
  fine(rule_, limit(50, Period::day));
  fine(rule_, ticks(1, 0, 0, 5, 5, 50, 0, 0));
  fine(rule_, ticks(1, 0, 5, 4, 9, 90, 0, 0), kDayMs);
  fine(rule_, back(ticks(1, 0, 4, 3, 6, 60, 0, 0)), kDayMs);  // of them two were bought today
  wrong(rule_, ticks(2, 1, 0, 4, 4, 40, 0, 0), "limit_passed", kDayMs);
}

TEST_F(LimitKeptTest, ALoweredLimitIsNoViolationUntilSomethingIsBought) {
  fine(rule_, ticks(1, 0, 0, 5, 5, 50, 0, 0));
  fine(rule_, limit(20, Period::total));
  fine(rule_, back(ticks(1, 0, 4, 1, 4, 40, 0, 0)));
  wrong(rule_, tip(1, 1, 1, 1, 0), "limit_passed");
}

TEST_F(LimitKeptTest, AFrameAcrossMidnightIsNotJudged) {
  fine(rule_, limit(50, Period::day));
  fine(rule_, ticks(1, 0, 0, 5, 5, 50, 0, 0));
  Place across = at();
  across.latest = across.latest + kDayMs;
  EXPECT_TRUE(rule_.check(ticks(1, 0, 5, 5, 10, 100, 0, 0), across));
  fine(rule_, ticks(1, 0, 10, 5, 15, 150, 0, 0), kDayMs);
  wrong(rule_, tip(0, 1, 151, 1, 0), "limit_passed", kDayMs);
}

TEST_F(LimitKeptTest, FramesThatToldNoLimitsAreNotJudged) {
  Place old = at();
  old.rules = 1;
  EXPECT_TRUE(rule_.check(tip(0, 200'000'000, 200'000'000, 0, 0), old));
  fine(rule_, tip(0, 1, 200'000'001, 0, 0));
}

}  // namespace
}  // namespace paytick::invariants
