#include "invariants/shares_add_up.h"

#include "lines.h"

namespace paytick::invariants {
namespace {

Settlement paid(std::int64_t cumulative, std::int64_t amount, std::int64_t fee) {
  Confirmed line;
  line.items.push_back({SumId{0}, Amount(cumulative), Amount(amount), Amount(fee), kCodePaid});
  return line;
}

TEST(SharesAddUp, OfAnySumAndOfItsParts) {
  for (const std::uint16_t bps : std::initializer_list<std::uint16_t>{0, 1, 333, 1'000, 5'000, 10'000})
    for (std::int64_t due = 0; due < 200; ++due) {
      const Shares all = shares_of(Amount(due), bps);
      EXPECT_EQ(all.creator.units() + all.platform.units(), due);
      const Shares last = shares_of_move(Amount(due), Amount(due / 3), bps);
      const Shares first = shares_of(Amount(due - due / 3), bps);
      EXPECT_EQ(first.platform.units() + last.platform.units(), all.platform.units());
    }
}

TEST(SharesAddUp, HoldsWhenRoundingIsKeptOnTheSum) {
  SharesAddUp rule;
  fine(rule, sum(0, 1, 1'000));
  fine(rule, paid(9, 9, 0));
  fine(rule, paid(18, 9, 1));  // the platform's unit of both
  fine(rule, paid(18, 0, 0));
}

TEST(SharesAddUp, RoundingThatIsLost) {
  SharesAddUp rule;
  fine(rule, sum(0, 1, 1'000));
  fine(rule, paid(9, 9, 0));
  const auto what = wrong(rule, paid(18, 9, 0), "shares_differ");
  EXPECT_NE(what.find("sum 0: of 9 that brought it to 18 the platform got 0 at 1000 bps"), what.npos) << what;
}

TEST(SharesAddUp, APlatformThatTakesAll) {
  SharesAddUp rule;
  wrong(rule, sum(0, 1, 10'001), "shares_differ");
}

}  // namespace
}  // namespace paytick::invariants
