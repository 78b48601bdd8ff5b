#include "invariants/conservation.h"

#include "lines.h"

namespace paytick::invariants {
namespace {

class ConservationTest : public testing::Test {
 protected:
  ConservationTest() {
    fine(rule_, sum(0));
    fine(rule_, meter(1, 1'000, 0, 0, 0));
  }
  Conservation rule_;
};

TEST_F(ConservationTest, HoldsWhileLinesMoveWhatTheySay) {
  fine(rule_, ticks(1, 0, 0, 3, 3, 30, 10, 970));
  fine(rule_, back(ticks(1, 0, 2, 1, 2, 20, 10, 980)));
  fine(rule_, tip(0, 80, 100, 90, 900));
  fine(rule_, sum(1, 1, 0));  // another creator of the same meter
  fine(rule_, tip(1, 400, 400, 400, 500));
  fine(rule_, meter(1, 1'200, 100, 490, 500));
}

TEST_F(ConservationTest, ASumThatMovesOtherwiseThanItsLineSays) {
  const auto what = wrong(rule_, ticks(1, 0, 0, 3, 3, 40, 10, 960), "conservation");
  EXPECT_NE(what.find("goes from 0 to 40 by a line of 30"), what.npos) << what;
}

TEST_F(ConservationTest, SpendableThatIsNotWhatIsLeft) {
  wrong(rule_, ticks(1, 0, 0, 3, 3, 30, 10, 971), "conservation");
}

TEST_F(ConservationTest, APurchaseBelowNothing) {
  const auto what = wrong(rule_, tip(0, 1'001, 1'001, 1'001, -1), "conservation");
  EXPECT_NE(what.find("a purchase leaves -1"), what.npos) << what;
}

TEST_F(ConservationTest, AMeterChargedOtherwiseThanItsSums) {
  fine(rule_, tip(0, 80, 80, 80, 920));
  wrong(rule_, meter(1, 1'000, 0, 0, 81), "conservation");
}

TEST_F(ConservationTest, AMeterThatHasPaidMoreThanWasCharged) {
  fine(rule_, tip(0, 80, 80, 80, 920));
  wrong(rule_, meter(1, 1'000, 0, 81, 80), "conservation");
}

// A refund may take what was charged and not settled in time; then nothing is bought.
TEST_F(ConservationTest, ARefundMayTakeWhatWasNotSettledButNothingIsBoughtThen) {
  fine(rule_, tip(0, 80, 80, 80, 920));
  fine(rule_, meter(1, 1'000, 1'000, 0, 80));
  wrong(rule_, ticks(1, 0, 0, 1, 1, 90, 80, -90), "conservation");
}

TEST_F(ConservationTest, MoneyOfASumWithoutAName) { wrong(rule_, tip(5, 1, 1, 1, 999), "conservation"); }

}  // namespace
}  // namespace paytick::invariants
