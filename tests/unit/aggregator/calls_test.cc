// Calls in blocks, story by story; calls_audit_test.cc holds them against a plain model.

#include <gtest/gtest.h>

#include "aggregator/fold.h"
#include "teller.h"

namespace paytick::aggregator {
namespace {

using Codes = std::vector<std::string>;

constexpr std::int64_t kDay = 86'400'000;

// Blocks of thirty seconds for 50 tokens, 80/20.
class CallTeller : public Teller {
 public:
  CallTeller() {
    plan.tick_ms = plan.heartbeat_ms = 30'000;
    plan.price_per_tick = Amount(50);
    plan.platform_bps = 2'000;
    plan.refund_unused = false;
    is_call = true;
  }
  void init(const std::string& name = "s") {
    open(name);
    ping(name);
  }
  void meter(std::int64_t at_ms, const std::string& name = "s") {
    Metering e;
    e.viewer = named<ViewerId>("v");
    e.session = named<SessionId>(name);
    e.at = {kBegin + at_ms};
    e.reply = {named<GatewayId>("g"), named<CommandId>("command")};
    say(e);
  }
  void meter_all(std::int64_t at_ms) {
    Metering e;
    e.at = {kBegin + at_ms};
    say(e);
  }
  void hold(bool on, const std::string& name = {}) {
    std::optional<SessionId> session;
    if (!name.empty()) session = named<SessionId>(name);
    Pause pause;
    pause.viewer = named<ViewerId>("v");
    pause.session = session;
    Resume resume;
    resume.viewer = named<ViewerId>("v");
    resume.session = session;
    say(on ? Input(pause) : Input(resume));
  }
  void freeze(bool on) {
    Freeze cold;
    cold.viewer = named<ViewerId>("v");
    cold.reason = "test";
    Unfreeze warm;
    warm.viewer = named<ViewerId>("v");
    warm.reason = "test";
    say(on ? Input(cold) : Input(warm));
  }
  std::int64_t paid_until(const std::string& name = "s") {
    return fold().session(named<SessionId>(name))->paid_until.ms - kBegin;
  }
  bool closed(const std::string& name = "s") {
    const auto view = fold().session(named<SessionId>(name));
    return !view || view->closed;  // what has closed is forgotten in time
  }
};

TEST(Calls, EveryBlockCosts50AndTheEndEndsIt) {
  CallTeller t;
  t.fund(10'000);
  t.init();
  EXPECT_EQ(t.ticks(), 1);
  for (int i = 1; i <= 3; ++i) {
    t.at(i * 30'000);
    t.meter_all(i * 30'000);
  }
  EXPECT_EQ(t.ticks(), 4);
  t.at(100'000);
  t.stop();
  t.at(150'000);
  t.meter(150'000);
  EXPECT_EQ(t.ticks(), 4);
  t.at(160'000);
  t.clock();
  EXPECT_TRUE(t.closed());
  ASSERT_EQ(t.all<ClosedLine>().size(), 1U);
  EXPECT_EQ(t.all<ClosedLine>()[0].amount, Amount(200));
  const auto sums = t.fold().sums();
  EXPECT_EQ(sums[0].due, Amount(200));
  EXPECT_EQ(platform_share(sums[0].due, sums[0].bps), Amount(40));
}

TEST(Calls, ABlockIsALineThatSaysWhenItBegan) {
  CallTeller t;
  t.fund(10'000);
  t.init();
  t.at(65'000);
  t.meter(65'000);
  const auto lines = t.all<TickLine>();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[2].k, 2);
  EXPECT_EQ(lines[2].n, 1);
  EXPECT_EQ(lines[2].start.ms, Teller::kBegin + 60'000);
  EXPECT_EQ(lines[2].paid_until.ms, Teller::kBegin + 90'000);
  ASSERT_EQ(t.replies.size(), 1U);
  EXPECT_EQ(t.replies[0].paid_until.ms, Teller::kBegin + 90'000);
}

TEST(Calls, LateDoubledAndParallelMeteringsChangeNothing) {
  CallTeller t;
  t.fund(10'000);
  t.init();
  t.at(61'000);
  t.meter(61'000);
  EXPECT_EQ(t.ticks(), 3);
  t.meter(61'000);
  EXPECT_EQ(t.new_lines, "");
  t.meter(30'000);
  t.meter_all(59'000);
  EXPECT_EQ(t.new_lines, "");
  EXPECT_EQ(t.ticks(), 3);
}

TEST(Calls, AtMostTenBlocksAtOnce) {
  CallTeller t;
  t.fund(10'000);
  t.init();
  t.at(14 * 30'000);
  t.meter(14 * 30'000);
  EXPECT_EQ(t.ticks(), 11);
  t.meter(14 * 30'000);
  EXPECT_EQ(t.ticks(), 15);
}

TEST(Calls, NothingIsBoughtForATimeThatHasNotCome) {
  CallTeller t;
  t.fund(10'000);
  t.init();
  t.at(20'000);
  t.meter(90'000);
  EXPECT_EQ(t.codes(), Codes{"ahead"});
  ASSERT_EQ(t.outcomes.size(), 1U);
  EXPECT_EQ(t.outcomes[0].refused, "ahead");
  EXPECT_EQ(t.ticks(), 1);
}

TEST(Calls, APauseShiftsTheBlocksThatHaveNotBegun) {
  CallTeller t;
  t.fund(10'000);
  t.init();
  t.at(45'000);
  t.hold(true, "s");
  t.at(100'000);
  t.meter(100'000);
  EXPECT_EQ(t.ticks(), 2);  // the one that began before the pause
  t.hold(false, "s");
  EXPECT_EQ(t.paid_until(), 115'000);
  t.at(114'999);
  t.meter(114'999);
  EXPECT_EQ(t.ticks(), 2);
  t.at(115'000);
  t.meter(115'000);
  EXPECT_EQ(t.ticks(), 3);
  EXPECT_EQ(t.all<TickLine>().back().start.ms, Teller::kBegin + 115'000);
}

TEST(Calls, HoldsThatOverlapAreOne) {
  CallTeller t;
  t.fund(10'000);
  t.init();
  t.at(10'000);
  t.hold(true);
  t.at(15'000);
  t.freeze(true);
  t.at(20'000);
  t.hold(false);
  t.at(25'000);
  t.meter(25'000);
  t.freeze(false);
  EXPECT_EQ(t.paid_until(), 45'000);
}

TEST(Calls, AnEndDuringAPauseOwesNothingOfIt) {
  CallTeller t;
  t.fund(10'000);
  t.init();
  t.at(20'000);
  t.hold(true, "s");
  t.at(70'000);
  t.stop();
  t.hold(false, "s");
  t.meter(70'000);
  EXPECT_EQ(t.ticks(), 1);
}

TEST(Calls, WhatBeganBeforeTheEndIsBoughtUntilItCloses) {
  CallTeller t;
  t.fund(10'000);
  t.init();
  t.at(65'000);
  t.stop();
  t.at(110'000);
  t.meter(110'000);
  EXPECT_EQ(t.ticks(), 3);
  t.init("other");
  t.at(175'000);
  t.stop("other", 0);
  t.at(236'000);
  t.clock();
  t.meter(236'000, "other");
  EXPECT_EQ(t.ticks("other"), 1);
  EXPECT_EQ(t.codes(), Codes{"unknown_session"});
}

TEST(Calls, ARunningOneWaitsADayForItsMetering) {
  CallTeller t;
  t.fund(1'000'000);
  t.init();
  t.at(kDay - 1);
  t.clock();
  EXPECT_FALSE(t.closed());
  t.at(kDay);
  t.clock();
  EXPECT_TRUE(t.closed());
}

TEST(Calls, OutOfMoneyItHaltsAndSaysSo) {
  CallTeller t;
  t.fund(100);
  t.init();
  t.at(65'000);
  t.meter(65'000);
  EXPECT_EQ(t.ticks(), 2);
  ASSERT_EQ(t.all<HaltLine>().size(), 1U);
  EXPECT_EQ(t.all<HaltLine>()[0].reason, HaltReason::balance);
  ASSERT_EQ(t.outcomes.size(), 1U);
  EXPECT_EQ(t.outcomes[0].refused, "balance");
  EXPECT_EQ(t.outcomes[0].ticks, 2);
  EXPECT_EQ(t.outcomes[0].session, named<SessionId>("s"));
  t.fund(1'000, 2);
  t.meter(65'000);
  EXPECT_EQ(t.ticks(), 3);
  EXPECT_EQ(t.outcomes[0].refused, "");
  EXPECT_EQ(t.outcomes[0].spendable, Amount(850));
  EXPECT_EQ(t.outcomes[0].paid_until.ms, Teller::kBegin + 90'000);
}

// Who could not pay for block 0 has not talked: nothing is owed for the time until the next try.
TEST(Calls, WhatCouldNotBePaidHasNotBegun) {
  CallTeller t;
  t.fund(49);
  t.init();
  EXPECT_EQ(t.ticks(), 0);
  t.at(50'000);
  t.fund(1'000, 2);
  t.meter_all(50'000);
  EXPECT_EQ(t.ticks(), 0);
  t.ping();
  EXPECT_EQ(t.ticks(), 1);
  EXPECT_EQ(t.paid_until(), 80'000);
  EXPECT_EQ(t.all<TickLine>()[0].start.ms, Teller::kBegin + 50'000);
}

TEST(Calls, AHeartbeatIsAMetering) {
  CallTeller t;
  t.fund(10'000);
  t.init();
  t.at(95'000);
  t.ping();
  EXPECT_EQ(t.ticks(), 4);
}

TEST(Calls, AllOfThemAreMeteredInTheOrderOfTheirOpening) {
  CallTeller t;
  t.fund(240);
  t.init("z");
  t.at(1'000);
  t.init("a");
  t.at(2'000);
  t.init("m");
  t.at(40'000);
  t.meter_all(40'000);  // one of them can pay
  EXPECT_EQ(t.ticks("z"), 2);
  EXPECT_EQ(t.ticks("a"), 1);
  EXPECT_EQ(t.ticks("m"), 1);
}

TEST(Calls, EachInitIsACallOfItsOwn) {
  CallTeller t;
  t.fund(10'000);
  t.init("one");
  t.at(5'000);
  t.stop("one");
  t.init("two");
  EXPECT_EQ(t.ticks("one"), 1);
  EXPECT_EQ(t.ticks("two"), 1);
  t.open("two");  // a repeat changes nothing
  t.ping("two");
  EXPECT_EQ(t.spendable(), 9'900);
}

TEST(Calls, ARepeatedInitBeginsNoOtherForSevenDays) {
  CallTeller t;
  t.fund(10'000);
  t.init();
  t.at(1'000);
  t.stop();
  for (const std::int64_t day : {0, 1, 6}) {
    t.at(day * kDay + 900'000);
    t.clock();
    t.clock();
    t.init();
    EXPECT_EQ(t.codes(), Codes{"unknown_attachment"}) << day;
  }
  EXPECT_EQ(t.spendable(), 9'950);
  for (int hour = 1; hour < 30; ++hour) {
    t.at(6 * kDay + hour * 3'600'000);
    t.clock();
  }
  t.init();
  EXPECT_EQ(t.spendable(), 9'900);
}

TEST(Calls, APlanThatGivesBackIsNone) {
  CallTeller t;
  t.plan.refund_unused = true;
  t.fund(10'000);
  t.open();
  EXPECT_EQ(t.codes(), Codes{"bad_plan"});
}

TEST(Calls, OnlyCallsAreMetered) {
  CallTeller t;
  t.is_call = false;
  t.fund(10'000);
  t.init();
  t.at(65'000);
  t.meter_all(65'000);
  EXPECT_EQ(t.ticks(), 1);
  t.meter(65'000);
  EXPECT_EQ(t.codes(), Codes{"unknown_session"});
}

TEST(Calls, ClosedContentEndsThem) {
  CallTeller t;
  t.fund(10'000);
  t.init();
  t.at(40'000);
  t.say(ContentClosed{named<ContentId>("c")});
  EXPECT_EQ(t.all<HaltLine>().at(0).reason, HaltReason::content);
  t.meter(40'000);
  EXPECT_EQ(t.ticks(), 1);
  t.at(100'000);
  t.clock();
  EXPECT_TRUE(t.closed());
}

}  // namespace
}  // namespace paytick::aggregator
