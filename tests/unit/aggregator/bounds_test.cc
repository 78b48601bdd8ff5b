// Bad and extreme input: refused with a stable code, or on record as late; never a crash, never a lost line.

#include <gtest/gtest.h>

#include "aggregator/fold.h"
#include "model/partition.h"
#include "teller.h"

namespace paytick::aggregator {
namespace {

using Codes = std::vector<std::string>;

TEST(Bounds, WhatCannotBeReadIsRejectedWithItsPlace) {
  Teller t;
  t.say_raw("{\"v\":1,\"type\":\"clock\"}\nnonsense\n{\"v\":1,\"type\":\"dance\"}\n" +
            std::string(70'000, ' ') + "\n");
  const auto rejected = t.all<RejectedLine>();
  ASSERT_EQ(rejected.size(), 3U);
  EXPECT_EQ(rejected[0].code, "malformed_json");
  EXPECT_EQ(rejected[0].line, 1U);
  EXPECT_EQ(rejected[1].code, "unknown_type");
  EXPECT_EQ(rejected[2].code, "line_too_long");
  EXPECT_EQ(rejected[2].line, 3U);
}

TEST(Bounds, PlacesHoldOverGroups) {
  Teller t;
  std::string record;
  for (int i = 0; i < 100; ++i) record += i == 71 ? "x\n" : "{\"v\":1,\"type\":\"clock\"}\n";
  t.say_raw(record);
  ASSERT_EQ(t.all<RejectedLine>().size(), 1U);
  EXPECT_EQ(t.all<RejectedLine>()[0].line, 71U);
}

TEST(Bounds, TimesOutsideAreLate) {
  Teller t;
  t.fund(50'000'000);
  t.at(1'000'000);
  t.open();
  t.ping("s", 600'001);
  t.ping("s", -5'001);
  t.open("x", 600'001);
  EXPECT_EQ(t.all<LateLine>().size(), 3U);
  EXPECT_EQ(t.ticks(), 0);
  t.ping("s", -5'000);
  EXPECT_EQ(t.ticks(), 1);
}

// Each ping in the middle of a gap makes two gaps of it. They are as bounded as those that come by
// themselves, and what falls out is on record.
TEST(Bounds, GapsThatAreFilledInStepsAreForgottenToo) {
  Teller t;
  t.plan.tick_ms = t.plan.heartbeat_ms = 100;
  t.plan.price_per_tick = Amount(1);
  t.fund(50'000'000);
  t.at(600'000);
  t.open("s", 600'000);
  t.ping();
  for (int back = 590'000; back > 10'000; back -= 200) t.ping("s", back);
  t.clock();
  EXPECT_TRUE(t.all<LateLine>().empty());
  EXPECT_GT(t.ticks(), 2'800);
  std::size_t bytes = 0;
  for (const std::string& chunk : t.fold().snapshot(Offset{}, {}).all()) bytes += chunk.size();
  EXPECT_LT(bytes, 16'384U);
  for (int back = 590'100; back > 580'000; back -= 200) t.ping("s", back);
  EXPECT_GT(t.all<LateLine>().size(), 10U);
}

TEST(Bounds, APlatformMayBackfill) {
  Teller t;
  t.fund(50'000'000);
  t.at(6 * 86'400'000LL);
  t.late_ms = 7 * 86'400'000LL;
  t.open("s", 6 * 86'400'000LL);
  for (int i = 0; i < 50; ++i) t.ping("s", 6 * 86'400'000LL - i * 3'600'000LL);
  EXPECT_EQ(t.ticks(), 50);
  t.ping("s", 6 * 86'400'000LL - 3'600'000LL);  // again
  EXPECT_EQ(t.ticks(), 50);
  EXPECT_TRUE(t.all<LateLine>().empty());
}

TEST(Bounds, MoreGapsThanAreRememberedAreOnRecordAsLate) {
  Teller t;
  t.plan.tick_ms = 1'000;
  t.plan.heartbeat_ms = 1'000;
  t.plan.price_per_tick = Amount(1);
  t.fund(50'000'000);
  t.late_ms = 86'400'000;
  t.open();
  for (int i = 0; i < 1'200; ++i) {
    t.at(i * 2'000);
    t.clock();
    t.ping();  // every other tick
  }
  EXPECT_EQ(t.ticks(), 1'200);
  t.ping("s", 1'199 * 2'000 - 1'000);  // tick 1, forgotten
  EXPECT_EQ(t.ticks(), 1'200);
  EXPECT_EQ(t.all<LateLine>().size(), 1U);
  t.ping("s", 199'000);  // a recent gap
  EXPECT_EQ(t.ticks(), 1'201);
}

TEST(Bounds, SumsThatWouldNotFitAreRefused) {
  Teller t;
  t.plan.price_per_tick = Amount(kPricePerTickMax);
  t.fund(kMaxAmount.units());
  t.say(Limit{named<ViewerId>("v"), kMaxAmount, Period::day});
  Charge big{
      named<ViewerId>("v"),           named<MeterId>("m"), named<CreatorId>("k"), 0, ChargeKind::tip, "a",
      Amount(kMaxAmount.units() - 10)};
  t.say(big);
  EXPECT_EQ(t.codes(), Codes{});
  EXPECT_EQ(t.spendable(), 10);
  // Another meter, another day: only the viewer's total would overflow.
  MeterReport other{named<ViewerId>("v"), named<MeterId>("n"), kMaxAmount, {}, {}, kMaxAmount, 1, 1, {}};
  t.say(other);
  t.at(86'400'000);
  big.meter = other.meter;
  big.key = "b";
  t.say(big);
  EXPECT_EQ(t.codes(), Codes{"overflow"});
  EXPECT_EQ(t.fold().meter(other.meter)->charged, Amount(0));
  Open open;
  open.session = named<SessionId>("s");
  open.attachment = named<AttachmentId>("s");
  open.viewer = other.viewer;
  open.meter = other.meter;
  open.plan = t.plan;
  open.plan.id = derive_plan_id(open.plan);
  open.at = {Teller::kBegin + 86'400'000};
  t.say(open);
  t.ping();
  EXPECT_EQ(t.codes(), Codes{"overflow"});
  EXPECT_EQ(t.ticks(), 0);
}

TEST(Bounds, ForeignMetersAndSessions) {
  Teller t;
  t.fund(50'000'000);
  Open e;
  e.session = named<SessionId>("x");
  e.attachment = named<AttachmentId>("x");
  e.viewer = named<ViewerId>("thief");
  e.meter = named<MeterId>("m");
  e.plan = t.plan;
  e.plan.id = derive_plan_id(e.plan);
  e.at = {Teller::kBegin};
  t.say(e);
  t.open();
  t.say(Pause{named<ViewerId>("thief"), named<SessionId>("s")});
  t.say(Charge{named<ViewerId>("thief"), named<MeterId>("m"), named<CreatorId>("k"), 0, ChargeKind::tip, "a",
               Amount(1)});
  t.say(RefundRequest{named<ViewerId>("thief"), named<MeterId>("m"), Amount(1), 1});
  EXPECT_EQ(t.codes(), (Codes{"foreign_meter", "unknown_session", "foreign_meter", "foreign_meter"}));
}

TEST(Bounds, ViewersOfAnotherPartitionAreRejected) {
  const ViewerId viewer = named<ViewerId>("v");
  for (std::uint32_t p = 0; p < 4; ++p) {
    Fold fold(FoldConfig{PartitionId{p}, 4});
    FoldOutput out;
    std::string record;
    codec::write(Input(Freeze{viewer, ""}), record);
    fold.apply(Offset{}, {Teller::kBegin}, record, out);
    EXPECT_EQ(out.n, 1U);
    const bool rejected = out.lines.find("wrong_partition") != out.lines.npos;
    EXPECT_EQ(rejected, partition_of(viewer, 4) != PartitionId{p}) << p;
  }
}

TEST(Bounds, OpenSessionsAndAttachmentsAreCounted) {
  Teller t;
  t.fund(50'000'000);
  for (int i = 0; i < 1'001; ++i) t.open("s" + std::to_string(i));
  EXPECT_EQ(t.codes(), Codes{"too_many_sessions"});
  t.at(61'000);
  t.clock();  // they close, and there is room again
  t.open("again");
  EXPECT_EQ(t.codes(), Codes{});
}

// Nothing is left of what has closed, but for as long as it may be repeated.
TEST(Bounds, WhatHasClosedIsForgotten) {
  Teller t;
  t.fund(50'000'000);
  std::size_t early = 0;
  for (int i = 0; i < 400; ++i) {
    t.at(i * 30'000);
    t.open("s" + std::to_string(i));
    t.ping("s" + std::to_string(i));
    t.stop("s" + std::to_string(i));
    t.clock();
    if (i == 60) early = t.fold().sessions().size();
  }
  EXPECT_LE(t.fold().sessions().size(), early + 1);
  EXPECT_EQ(t.ticks("s0"), -1);
}

TEST(Bounds, TimeNeverGoesBackwards) {
  Teller t;
  t.fund(50'000'000);
  t.at(10'000);
  t.open();
  t.at(0);
  t.ping("s", -10'000);
  EXPECT_EQ(t.ticks(), 1);
  EXPECT_EQ(t.fold().now().ms, Teller::kBegin + 10'000);
}

}  // namespace
}  // namespace paytick::aggregator
