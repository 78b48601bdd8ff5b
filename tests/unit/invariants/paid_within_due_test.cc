#include "invariants/paid_within_due.h"

#include "lines.h"

namespace paytick::invariants {
namespace {

Settlement prepared(std::int64_t cumulative) {
  Prepared line;
  line.items.push_back({SumId{0}, id<MeterId>(1), id<CreatorId>(9), 1'000, Amount(cumulative)});
  return line;
}
Settlement confirmed(std::int64_t cumulative, std::int32_t code = kCodePaid) {
  Confirmed line;
  line.items.push_back({SumId{0}, Amount(cumulative), Amount(1), Amount(0), code});
  return line;
}

class PaidWithinDueTest : public testing::Test {
 protected:
  PaidWithinDueTest() {
    fine(rule_, sum(0));
    fine(rule_, sum(1));
    fine(rule_, ticks(1, 0, 0, 3, 3, 30, 20, 0));
    fine(rule_, tip(1, 5, 5, 5, 0));
  }
  PaidWithinDue rule_;
};

TEST_F(PaidWithinDueTest, HoldsUpToWhatIsDue) {
  fine(rule_, prepared(20));
  fine(rule_, confirmed(20));
  fine(rule_, meter(1, 100, 0, 25, 35));
  fine(rule_, DueLine{{kNoon}, {{SumId{0}, Amount(30)}}});
  fine(rule_, confirmed(30));
  EXPECT_TRUE(rule_.check(SumId{0}, Amount(30), at()));
}

TEST_F(PaidWithinDueTest, ABatchForMoreThanIsDue) {
  const auto what = wrong(rule_, prepared(21), "paid_beyond_due");
  EXPECT_NE(what.find(to_text(id<MeterId>(1)) + ": 21 paid of 20 due"), what.npos) << what;
}

TEST_F(PaidWithinDueTest, MoreConfirmedThanIsDueUnlessItWasSkipped) {
  fine(rule_, confirmed(21, 7));
  wrong(rule_, confirmed(21), "paid_beyond_due");
}

TEST_F(PaidWithinDueTest, AMeterThatHasPaidMoreThanItsSumsOwe) {
  wrong(rule_, meter(1, 100, 0, 26, 35), "paid_beyond_due");
}

TEST_F(PaidWithinDueTest, AContractThatHasPaidMore) { EXPECT_FALSE(rule_.check(SumId{1}, Amount(6), at())); }

}  // namespace
}  // namespace paytick::invariants
