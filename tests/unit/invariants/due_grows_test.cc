#include "invariants/due_grows.h"

#include "lines.h"

namespace paytick::invariants {
namespace {

TEST(DueGrows, HoldsWhileDueGrowsUpToWhatIsCharged) {
  DueGrows rule;
  fine(rule, sum(0));
  fine(rule, ticks(1, 0, 0, 3, 3, 30, 10, 0));
  fine(rule, DueLine{{kNoon}, {{SumId{0}, Amount(20)}}});
  fine(rule, back(ticks(1, 0, 2, 1, 2, 20, 20, 0)));
}

TEST(DueGrows, DueThatFalls) {
  DueGrows rule;
  fine(rule, sum(0));
  fine(rule, ticks(1, 0, 0, 3, 3, 30, 20, 0));
  const auto what = wrong(rule, DueLine{{kNoon}, {{SumId{0}, Amount(10)}}}, "due_falls");
  EXPECT_NE(what.find("sum 0 falls from 20 to 10"), what.npos) << what;
}

TEST(DueGrows, MoreDueThanCharged) {
  DueGrows rule;
  fine(rule, sum(0));
  fine(rule, ticks(1, 0, 0, 3, 3, 30, 20, 0));
  wrong(rule, back(ticks(1, 0, 1, 2, 1, 10, 20, 0)), "due_falls");
}

}  // namespace
}  // namespace paytick::invariants
