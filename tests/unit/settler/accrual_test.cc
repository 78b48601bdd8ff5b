#include "settler/accrual.h"

#include <gtest/gtest.h>

namespace paytick::settler {
namespace {

template <typename Id>
Id id_of(std::uint8_t n) {
  Id id;
  id.bytes.fill(n);
  return id;
}

constexpr SumId kSum{0};

SumLine sum_line(SumId sum = kSum) {
  return {sum, id_of<ViewerId>(1), id_of<MeterId>(2), id_of<CreatorId>(3), 1'000};
}
TickLine tick(std::int64_t due, SumId sum = kSum) {
  TickLine line;
  line.sum = sum;
  line.due = Amount(due);
  return line;
}
Prepared prepared(std::uint8_t n, std::int64_t cumulative) {
  Prepared p;
  p.hash = id_of<TxHash>(n);
  p.items = {{kSum, id_of<MeterId>(2), id_of<CreatorId>(3), 1'000, Amount(cumulative)}};
  return p;
}
Confirmed confirmed(std::uint8_t n, std::int64_t cumulative, std::int32_t code = 0) {
  return {
      id_of<TxHash>(n), 7, TimeMs{50}, Amount(600), {{kSum, Amount(cumulative), Amount(0), Amount(0), code}}};
}

class AccrualTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(accrual_.apply(sum_line(), TimeMs{0})); }
  const SumState& sum() const { return accrual_.sums().at(0); }
  Policy policy_;
  Accrual accrual_{policy_};
};

TEST_F(AccrualTest, DueIsCumulativeAndItsAgeBeginsWhenItPassesWhatIsSettled) {
  ASSERT_TRUE(accrual_.apply(tick(100), TimeMs{10}));
  ASSERT_TRUE(accrual_.apply(DueLine{TimeMs{19}, {{kSum, Amount(150)}}}, TimeMs{20}));
  EXPECT_EQ(sum().due, Amount(150));
  EXPECT_EQ(sum().unsettled_since, TimeMs{10});
  accrual_.apply(prepared(1, 150));
  EXPECT_TRUE(sum().in_flight);
  accrual_.apply(confirmed(1, 150));
  EXPECT_FALSE(sum().in_flight);
  EXPECT_EQ(sum().settled, Amount(150));
  ASSERT_TRUE(accrual_.apply(tick(151), TimeMs{30}));
  EXPECT_EQ(sum().unsettled_since, TimeMs{30});
  EXPECT_EQ(accrual_.fee_per_item(), Amount(600));
}

TEST_F(AccrualTest, ALogThatContradictsItselfStops) {
  ASSERT_TRUE(accrual_.apply(tick(100), TimeMs{10}));
  const auto falls = accrual_.apply(tick(99), TimeMs{11});
  ASSERT_FALSE(falls);
  EXPECT_EQ(falls.error().code, "due_falls");
  EXPECT_EQ(falls.error().next, Next::fatal);
  const auto unknown = accrual_.apply(tick(1, SumId{5}), TimeMs{11});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, "unknown_sum");
}

TEST_F(AccrualTest, TheTopicsMayBeFoldedInAnyOrder) {
  Accrual settlements_first(policy_);
  settlements_first.apply(prepared(1, 100));
  settlements_first.apply(confirmed(1, 100));
  ASSERT_TRUE(settlements_first.apply(sum_line(), TimeMs{0}));
  ASSERT_TRUE(settlements_first.apply(tick(100), TimeMs{10}));
  ASSERT_TRUE(accrual_.apply(tick(100), TimeMs{10}));
  accrual_.apply(prepared(1, 100));
  accrual_.apply(confirmed(1, 100));
  EXPECT_EQ(settlements_first.sums().at(0).settled, sum().settled);
  EXPECT_EQ(settlements_first.sums().at(0).due, sum().due);
}

TEST_F(AccrualTest, AnOlderConfirmationNeverLowersWhatStands) {
  accrual_.apply(confirmed(1, 100));
  accrual_.apply(confirmed(2, 90));
  EXPECT_EQ(sum().settled, Amount(100));
}

TEST_F(AccrualTest, RefusalsWaitLongerEachTimeAndSuccessForgetsThem) {
  ASSERT_TRUE(accrual_.apply(tick(100), TimeMs{10}));
  accrual_.apply(confirmed(1, 100, 13));
  EXPECT_EQ(sum().settled, Amount(0));
  EXPECT_EQ(sum().retry_at, TimeMs{50 + policy_.retry_ms});
  accrual_.apply(confirmed(2, 100, 13));
  EXPECT_EQ(sum().retry_at, TimeMs{50 + 2 * policy_.retry_ms});
  for (int i = 0; i < 40; ++i) accrual_.apply(confirmed(3, 100, 13));
  EXPECT_EQ(sum().retry_at, TimeMs{50 + policy_.retry_ms_max});
  accrual_.apply(confirmed(4, 100));
  EXPECT_EQ(sum().failures, 0U);
}

TEST_F(AccrualTest, EndsTakeABatchOutOfFlight) {
  for (const bool expired : {true, false}) {
    accrual_.apply(prepared(9, 100));
    EXPECT_EQ(accrual_.in_flight().size(), 1U);
    if (expired)
      accrual_.apply(Expired{id_of<TxHash>(9), TimeMs{60}});
    else
      accrual_.apply(Failed{id_of<TxHash>(9), "invoke_trapped", TimeMs{60}});
    EXPECT_FALSE(sum().in_flight);
    EXPECT_TRUE(accrual_.in_flight().empty());
  }
  EXPECT_EQ(accrual_.failed_in_a_row(), 1U);
}

TEST_F(AccrualTest, ASessionThatClosesMarksItsSum) {
  OpenedLine opened;
  opened.session = id_of<SessionId>(8);
  opened.sum = kSum;
  ASSERT_TRUE(accrual_.apply(opened, TimeMs{1}));
  ASSERT_TRUE(accrual_.apply(tick(100), TimeMs{2}));
  ClosedLine closed;
  closed.session = opened.session;
  ASSERT_TRUE(accrual_.apply(closed, TimeMs{3}));
  EXPECT_TRUE(sum().closed);
  accrual_.apply(prepared(1, 100));
  accrual_.apply(confirmed(1, 100));
  EXPECT_FALSE(sum().closed);
}

}  // namespace
}  // namespace paytick::settler
