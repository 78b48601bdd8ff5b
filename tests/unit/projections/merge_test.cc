#include "projections/merge.h"

#include <gtest/gtest.h>

namespace paytick::projections {
namespace {

template <typename Id>
Id numbered(std::uint8_t n) {
  Id id;
  id.bytes.fill(n);
  return id;
}

class MergeTest : public testing::Test {
 protected:
  MergeTest() {
    SumLine sum;
    sum.creator = numbered<CreatorId>(1);
    sum.bps = 1'000;
    EXPECT_TRUE(merge.add(Output(sum), {}));
    OpenedLine opened;
    opened.session = numbered<SessionId>(2);
    opened.plan.tick_ms = 10'000;
    opened.plan.price_per_tick = Amount(100);
    EXPECT_TRUE(merge.add(Output(opened), {}));
  }

  static TickLine tick(std::int64_t start_ms, std::int32_t n, std::int64_t charged, std::int64_t due) {
    TickLine line;
    line.session = numbered<SessionId>(2);
    line.n = n;
    line.price = Amount(100);
    line.start = {start_ms};
    line.ticks = charged / 100;
    line.charged = Amount(charged);
    line.due = Amount(due);
    return line;
  }

  Book book;
  Changes changes;
  Merge merge{PartitionId{0}, book, changes};
};

TEST_F(MergeTest, TicksAreCountedInTheMinuteTheyStartIn) {
  // 50 s, 60 s, 70 s: one in the first minute, two in the second.
  ASSERT_TRUE(merge.add(Output(tick(50'000, 3, 300, 0)), {}));
  ASSERT_EQ(changes.minutes.size(), 2U);
  EXPECT_EQ(changes.minutes[0].ticks, 1);
  EXPECT_EQ(changes.minutes[1].ticks, 2);
  EXPECT_EQ(changes.minutes[1].tick_amount, 200);
}

TEST_F(MergeTest, TheCreatorsShareIsTakenOfTheSum) {
  // floor(155 * 0.1) = 15, whatever the steps: 105 then 50 would lose nothing and gain nothing.
  ASSERT_TRUE(merge.add(Output(tick(0, 1, 105, 105)), {}));
  ASSERT_TRUE(merge.add(Output(tick(10'000, 1, 155, 155)), {}));
  ASSERT_EQ(changes.creators.size(), 1U);
  EXPECT_EQ(changes.creators[0].due, 155);
  EXPECT_EQ(changes.creators[0].earned, 140);
}

TEST_F(MergeTest, ContradictionsArePoison) {
  ASSERT_TRUE(merge.add(Output(tick(0, 1, 100, 100)), {}));
  EXPECT_EQ(merge.add(Output(tick(0, 1, 100, 50)), {}).error().code, "poison_record");  // due fell
  TickLine unknown = tick(0, 1, 100, 100);
  unknown.sum = SumId{9};
  EXPECT_EQ(merge.add(Output(unknown), {}).error().next, Next::fatal);
  SumLine hole;
  hole.sum = SumId{5};
  EXPECT_EQ(merge.add(Output(hole), {}).error().code, "poison_record");
}

// Ticks of 100 units and ten seconds: 600 units are a minute.
class NoticesTest : public MergeTest {
 protected:
  NoticesTest() {
    NoticeRules rules;
    rules.wanted = true;
    rules.ticks = Offset{10};
    teller.emplace(PartitionId{0}, book, changes, rules);
  }
  void tell(const Output& line) { ASSERT_TRUE(teller->add(line, {Offset{offset++}, 1, TimeMs{offset}})); }
  void buy(std::int64_t spendable) {
    charged += 100;
    TickLine line = tick(charged * 100, 1, charged, 0);
    line.spendable = Amount(spendable);
    tell(Output(line));
  }
  void halt(HaltReason reason) {
    tell(Output(HaltLine{numbered<SessionId>(2), reason, TimeMs{1}, Amount(0)}));
  }
  std::string types() const {
    std::string all;
    for (const NoticeRow& notice : changes.notices) all.append(to_text(notice.type)).push_back(' ');
    return all;
  }

  std::optional<Merge> teller;
  std::int64_t offset = 10, charged = 0;
};

TEST_F(NoticesTest, LowBalanceIsToldOnceUntilItRecovers) {
  for (const std::int64_t spendable : {1'000, 600, 599, 400, 0}) buy(spendable);
  EXPECT_EQ(types(), "low_balance ");
  EXPECT_EQ(changes.notices[0].seconds_left, 50);
  buy(10'000);
  buy(9'900);
  buy(500);
  EXPECT_EQ(types(), "low_balance low_balance ");
}

TEST_F(NoticesTest, AHaltIsToldAndSoIsTheNextPurchase) {
  buy(1'000);
  halt(HaltReason::limit);
  buy(1'000);
  buy(1'000);
  EXPECT_EQ(types(), "halt resumed ");
  EXPECT_EQ(changes.notices[0].reason, "limit");
  ClosedLine closed;
  closed.session = numbered<SessionId>(2);
  closed.ticks = 3;
  closed.amount = Amount(300);
  tell(Output(closed));
  EXPECT_EQ(types(), "halt resumed closed ");
  EXPECT_EQ(changes.notices[2].ticks, 3);
}

TEST_F(NoticesTest, OneLineMayTellTwoThingsUnderTwoIds) {
  buy(1'000);
  halt(HaltReason::balance);
  buy(100);
  EXPECT_EQ(types(), "halt resumed low_balance ");
  EXPECT_NE(changes.notices[1].id, changes.notices[2].id);
}

TEST_F(NoticesTest, WhatWasToldBeforeIsNotToldAgain) {
  offset = 0;
  buy(1'000);
  halt(HaltReason::balance);
  EXPECT_EQ(types(), "");
  offset = 10;
  buy(1'000);  // that it was halted is known all the same
  EXPECT_EQ(types(), "resumed ");
}

TEST_F(NoticesTest, AFreezeIsNewsOnce) {
  ViewerLine viewer;
  viewer.viewer = numbered<ViewerId>(9);
  viewer.limit = Amount(5);
  tell(Output(viewer));
  viewer.frozen = true;
  viewer.reason = "chargeback";
  tell(Output(viewer));
  viewer.limit = Amount(7);
  viewer.reason.clear();
  tell(Output(viewer));
  viewer.frozen = false;
  viewer.reason = "settled";
  tell(Output(viewer));
  EXPECT_EQ(types(), "frozen unfrozen ");
  EXPECT_EQ(changes.notices[0].reason, "chargeback");
  ASSERT_EQ(changes.viewers.size(), 1U);
  EXPECT_EQ(changes.viewers[0].line.limit, Amount(7));
}

TEST_F(MergeTest, BlocksOfACallAreRowsWithTheirSum) {
  OpenedLine opened;
  opened.session = numbered<SessionId>(3);
  opened.plan.tick_ms = opened.plan.heartbeat_ms = 30'000;
  opened.plan.price_per_tick = Amount(50);
  opened.plan.refund_unused = false;
  ASSERT_TRUE(merge.add(Output(opened), {}));
  TickLine line = tick(0, 1, 50, 0);
  line.session = opened.session;
  line.price = Amount(50);
  line.ticks = 1;
  ASSERT_TRUE(merge.add(Output(line), {}));
  line.k = 1;
  line.n = 2;
  line.ticks = 3;
  line.start = TimeMs{30'000};
  line.charged = Amount(150);
  ASSERT_TRUE(merge.add(Output(line), {}));
  ASSERT_EQ(changes.blocks.size(), 3U);
  EXPECT_EQ(changes.blocks[2].k, 2);
  EXPECT_EQ(changes.blocks[2].start, TimeMs{60'000});
  EXPECT_EQ(changes.blocks[2].cumulative, Amount(150));
  EXPECT_EQ(changes.views.size(), 1U);
}

TEST_F(MergeTest, TheAmountIsWhatWasPaidAlsoWithAnInitialPrice) {
  TickLine first = tick(0, 1, 1'000, 0);
  first.price = Amount(1'000);
  first.ticks = 1;
  ASSERT_TRUE(merge.add(Output(first), {}));
  TickLine free = tick(10'000, 5, 1'000, 0);
  free.price = Amount(0);
  free.ticks = 6;
  ASSERT_TRUE(merge.add(Output(free), {}));
  ASSERT_TRUE(merge.add(Output(tick(60'000, 1, 1'100, 0)), {}));
  EXPECT_EQ(changes.totals[0].amount, Amount(1'100));
}

TEST_F(MergeTest, RowIdsSortAsTheLogDoes) {
  const auto a = row_id(Source::ticks, PartitionId{1}, Offset{2}, 300);
  const auto b = row_id(Source::ticks, PartitionId{1}, Offset{3}, 1);
  EXPECT_LT(a, b);
}

}  // namespace
}  // namespace paytick::projections
