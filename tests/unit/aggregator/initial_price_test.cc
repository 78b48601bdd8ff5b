// A rate plan whose first ticks cost a price of their own, together.

#include <gtest/gtest.h>

#include <tuple>

#include "aggregator/fold.h"
#include "teller.h"

namespace paytick::aggregator {
namespace {

using Segment = std::tuple<std::int64_t, std::int32_t, std::int64_t>;  // k, n, price

// The first minute whole, then by the second.
Teller minute_first(std::int64_t initial_price = 500'000) {
  Teller t;
  t.plan.tick_ms = 1'000;
  t.plan.price_per_tick = Amount(10'000);
  t.plan.minimum_ticks = 60;
  t.plan.initial_ticks = 60;
  t.plan.initial_price = Amount(initial_price);
  t.fund(50'000'000);
  return t;
}

std::vector<Segment> segments(const Teller& t) {
  std::vector<Segment> out;
  for (const TickLine& line : t.all<TickLine>()) out.emplace_back(line.k, line.n, line.price.units());
  return out;
}

TEST(InitialPrice, TheFirstTickCarriesItAndTheOthersItCoversAreFree) {
  Teller t = minute_first();
  t.open();
  t.ping();
  EXPECT_EQ(segments(t), (std::vector<Segment>{{0, 1, 500'000}, {1, 59, 0}}));
  EXPECT_EQ(t.all<TickLine>()[1].charged, Amount(500'000));
  EXPECT_EQ(t.all<TickLine>()[1].due, Amount(500'000));
  EXPECT_EQ(t.replies.at(0).paid_until.ms, Teller::kBegin + 60'000);
  t.at(60'000);
  t.ping();
  EXPECT_EQ(segments(t).back(), (Segment{60, 10, 10'000}));
  t.at(64'500);
  t.stop();
  ASSERT_EQ(t.all<AdjustLine>().size(), 1U);
  EXPECT_EQ(t.all<AdjustLine>()[0].n, 5);
  EXPECT_EQ(t.all<AdjustLine>()[0].price, Amount(10'000));
  EXPECT_EQ(t.spendable(), 50'000'000 - 500'000 - 5 * 10'000);
  EXPECT_EQ(t.fold().session(named<SessionId>("s"))->amount, Amount(550'000));
  t.at(200'000);
  t.clock();
  ASSERT_EQ(t.all<ClosedLine>().size(), 1U);
  EXPECT_EQ(t.all<ClosedLine>()[0].ticks, 65);
  EXPECT_EQ(t.all<ClosedLine>()[0].amount, Amount(550'000));
  EXPECT_EQ(t.fold().sums()[0].due, Amount(550'000));
}

TEST(InitialPrice, OfFewerTicksThanTheMinimumTheRestCostsItsPrice) {
  Teller t = minute_first();
  t.plan.initial_ticks = 3;
  t.plan.minimum_ticks = 5;
  t.plan.heartbeat_ms = 1'000;
  t.open();
  t.ping();
  EXPECT_EQ(segments(t), (std::vector<Segment>{{0, 1, 500'000}, {1, 2, 0}, {3, 2, 10'000}}));
  t.open("one");
  t.plan.initial_ticks = 1;
  t.open("two");
  t.ping("two");
  EXPECT_EQ(segments(t)[3], (Segment{0, 1, 500'000}));
  EXPECT_EQ(segments(t)[4], (Segment{1, 4, 10'000}));
}

TEST(InitialPrice, WhoCannotPayItBuysNothing) {
  Teller t = minute_first(50'000'001);
  t.open();
  t.ping();
  EXPECT_EQ(t.ticks(), 0);
  ASSERT_EQ(t.all<HaltLine>().size(), 1U);
  EXPECT_EQ(t.all<HaltLine>()[0].reason, HaltReason::balance);
  EXPECT_EQ(t.fold().session(named<SessionId>("s"))->amount, Amount(0));
  t.fund(50'010'001, 2);  // one tick more than the minimum
  t.at(60'000);
  t.ping();
  EXPECT_EQ(t.ticks(), 61);
  EXPECT_EQ(t.spendable(), 0);
}

TEST(InitialPrice, TheLimitCountsItWhole) {
  Teller t = minute_first();
  Limit limit;
  limit.viewer = named<ViewerId>("v");
  limit.amount = Amount(499'999);
  t.say(limit);
  t.open();
  t.ping();
  EXPECT_EQ(t.ticks(), 0);
  EXPECT_EQ(t.all<HaltLine>()[0].reason, HaltReason::limit);
  limit.amount = Amount(500'000);
  t.say(limit);
  t.ping();
  EXPECT_EQ(t.ticks(), 60);
}

TEST(InitialPrice, BlocksHaveItToo) {
  Teller t = minute_first();
  t.plan.refund_unused = false;
  t.plan.tick_ms = t.plan.heartbeat_ms = 30'000;
  t.plan.minimum_ticks = t.plan.initial_ticks = 2;
  t.open();
  t.ping();
  t.at(60'000);
  t.ping();
  EXPECT_EQ(segments(t), (std::vector<Segment>{{0, 1, 500'000}, {1, 1, 0}, {2, 1, 10'000}}));
  EXPECT_EQ(t.all<TickLine>().back().due, Amount(510'000));
}

TEST(FreeSeconds, AreFreeOncePerViewerAndContent) {
  Teller t = minute_first(0);
  t.open("one");
  t.ping("one");
  EXPECT_EQ(t.ticks("one"), 60);
  EXPECT_EQ(t.spendable(), 50'000'000);
  EXPECT_EQ(segments(t), (std::vector<Segment>{{0, 60, 0}}));
  t.stop("one");

  // Seen again: from now on the plan has no free ticks, which the opened line says.
  t.at(70'000);
  const Plan shown = t.plan;
  t.open("two");
  const Plan second = t.all<OpenedLine>().at(1).plan;
  EXPECT_EQ(second.initial_ticks, 0);
  EXPECT_EQ(second.minimum_ticks, shown.minimum_ticks);
  EXPECT_EQ(second.id, derive_plan_id(second));
  EXPECT_NE(second.id, t.all<OpenedLine>().at(0).plan.id);
  t.ping("two");
  EXPECT_EQ(t.spendable(), 50'000'000 - 60 * 10'000);
}

TEST(FreeSeconds, TwoTabsShareThem) {
  Teller t = minute_first(0);
  t.open("one");
  t.open("two");
  t.ping("two");
  t.ping("one");
  EXPECT_EQ(t.spendable(), 50'000'000 - 60 * 10'000);
}

TEST(FreeSeconds, ASnapshotRemembersThem) {
  Teller t = minute_first(0);
  t.open("one");
  const auto chunks = t.fold().snapshot(Offset{1}, FrameHash{}).all();
  auto restored = Fold::restore({}, source_of(chunks));
  ASSERT_TRUE(restored);
  EXPECT_EQ(restored->fold.snapshot(Offset{1}, FrameHash{}).all(), chunks);
  t.replace(std::move(restored->fold));
  t.open("two");
  EXPECT_EQ(t.all<OpenedLine>().at(1).plan.initial_ticks, 0);
}

TEST(FreeSeconds, AnInitialPriceIsNoGiftAndComesAgain) {
  Teller t = minute_first();
  t.open("one");
  t.open("two");
  EXPECT_EQ(t.all<OpenedLine>().at(1).plan.initial_ticks, 60);
}

}  // namespace
}  // namespace paytick::aggregator
