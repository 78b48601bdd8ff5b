#include "invariants/no_tick_twice.h"

#include "lines.h"

namespace paytick::invariants {
namespace {

ClosedLine closed(std::int64_t ticks, std::int64_t amount) {
  ClosedLine line;
  line.session = id<SessionId>(1);
  line.ticks = ticks;
  line.amount = Amount(amount);
  return line;
}

class NoTickTwiceTest : public testing::Test {
 protected:
  NoTickTwiceTest() { fine(rule_, opened(1, 0)); }
  NoTickTwice rule_;
};

TEST_F(NoTickTwiceTest, HoldsInAnyOrderAndForTicksGivenBack) {
  fine(rule_, ticks(1, 0, 5, 2, 2, 0, 0, 0));
  fine(rule_, ticks(1, 0, 0, 3, 5, 0, 0, 0));
  fine(rule_, ticks(1, 0, 3, 2, 7, 0, 0, 0));
  fine(rule_, back(ticks(1, 0, 2, 4, 3, 0, 0, 0)));
  fine(rule_, ticks(1, 0, 3, 1, 4, 0, 0, 0));
  fine(rule_, closed(4, 40));
}

TEST_F(NoTickTwiceTest, ATickBoughtAgain) {
  fine(rule_, ticks(1, 0, 0, 3, 3, 0, 0, 0));
  const auto what = wrong(rule_, ticks(1, 0, 2, 2, 5, 0, 0, 0), "tick_billed_twice");
  EXPECT_NE(what.find(to_text(id<SessionId>(1)) + ", ticks 2 to 3: bought before"), what.npos) << what;
}

TEST_F(NoTickTwiceTest, ATickGivenBackThatWasNotBought) {
  fine(rule_, ticks(1, 0, 0, 3, 3, 0, 0, 0));
  wrong(rule_, back(ticks(1, 0, 2, 2, 1, 0, 0, 0)), "tick_billed_twice");
}

TEST_F(NoTickTwiceTest, ACountThatIsNotTheSets) {
  wrong(rule_, ticks(1, 0, 0, 3, 4, 0, 0, 0), "tick_billed_twice");
}

TEST_F(NoTickTwiceTest, ABillThatIsNotWhatWasBought) {
  fine(rule_, ticks(1, 0, 0, 3, 3, 0, 0, 0));
  wrong(rule_, closed(3, 31), "tick_billed_twice");
}

TEST_F(NoTickTwiceTest, TicksOfASessionThatHasClosed) {
  fine(rule_, closed(0, 0));
  wrong(rule_, ticks(1, 0, 0, 1, 1, 0, 0, 0), "tick_billed_twice");
}

}  // namespace
}  // namespace paytick::invariants
