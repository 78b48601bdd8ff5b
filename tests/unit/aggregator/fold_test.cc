// What the lines say; the bill itself is held by tests/oracle.

#include "aggregator/fold.h"

#include <gtest/gtest.h>

#include "model/proof.h"
#include "teller.h"

namespace paytick::aggregator {
namespace {

using testing::Test;
using Codes = std::vector<std::string>;

TEST(Fold, TwelvePingsOfTenSecondsCost0_12Of5) {
  Teller t;
  t.fund(50'000'000);
  t.open();
  for (int i = 0; i < 12; ++i) {
    t.at(i * 10'000);
    t.ping();
  }
  t.at(119'900);
  t.stop();
  t.clock();
  EXPECT_EQ(t.ticks(), 12);
  EXPECT_EQ(t.spendable(), 48'800'000);
  const auto sums = t.fold().sums();
  ASSERT_EQ(sums.size(), 1U);
  EXPECT_EQ(sums[0].charged, Amount(1'200'000));
  EXPECT_EQ(sums[0].due, Amount(1'200'000));
}

TEST(Fold, ATickLineSaysWhatItCost) {
  Teller t;
  t.plan.tick_ms = 1'000;
  t.fund(50'000'000);
  t.open();
  t.ping();
  const auto ticks = t.all<TickLine>();
  ASSERT_EQ(ticks.size(), 1U);
  EXPECT_EQ(ticks[0].k, 0);
  EXPECT_EQ(ticks[0].n, 10);
  EXPECT_EQ(ticks[0].ticks, 10);
  EXPECT_EQ(ticks[0].charged, Amount(1'000'000));
  EXPECT_EQ(ticks[0].due, Amount(100'000));  // the minimum
  EXPECT_EQ(ticks[0].start.ms, Teller::kBegin);
  EXPECT_EQ(ticks[0].paid_until.ms, Teller::kBegin + 10'000);
  EXPECT_EQ(ticks[0].spendable, Amount(49'000'000));
  ASSERT_EQ(t.replies.size(), 1U);
  EXPECT_EQ(t.replies[0].spendable, Amount(49'000'000));
  EXPECT_EQ(t.replies[0].paid_until.ms, Teller::kBegin + 10'000);
  EXPECT_EQ(t.replies[0].seq, 1U);
}

TEST(Fold, OneLineARunOfTicks) {
  Teller t;
  t.plan.tick_ms = 1'000;
  t.plan.heartbeat_ms = 3'000;
  t.fund(50'000'000);
  t.open();
  t.at(5'000);
  t.ping();            // the minimum, and 5 … 7
  t.ping("s", 2'000);  // 3 and 4
  std::vector<std::pair<std::int64_t, int>> runs;
  for (const auto& line : t.all<TickLine>()) runs.emplace_back(line.k, line.n);
  const std::vector<std::pair<std::int64_t, int>> expected{{0, 1}, {5, 3}, {3, 2}};
  EXPECT_EQ(runs, expected);
}

TEST(Fold, TheProofsAreAChainFromTheOpeningToTheClosing) {
  Teller t;
  t.plan.tick_ms = 1'000;
  t.fund(50'000'000);
  t.open();
  t.ping();
  t.at(3'000);
  t.stop();
  t.at(100'000);
  t.clock();
  const auto opened = t.all<OpenedLine>();
  const auto adjusted = t.all<AdjustLine>();
  const auto closed = t.all<ClosedLine>();
  ASSERT_EQ(opened.size(), 1U);
  ASSERT_EQ(adjusted.size(), 1U);
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_EQ(adjusted[0].k, 4);
  EXPECT_EQ(adjusted[0].n, 6);
  EXPECT_EQ(closed[0].ticks, 4);
  EXPECT_EQ(closed[0].amount, Amount(400'000));
  Proof proof = link(opened[0], t.all<SumLine>()[0]);
  EXPECT_EQ(proof, opened[0].proof);
  proof = link(proof, t.all<TickLine>()[0]);
  EXPECT_EQ(proof, t.all<TickLine>()[0].proof);
  proof = link(proof, adjusted[0]);
  EXPECT_EQ(proof, adjusted[0].proof);
  EXPECT_EQ(link(proof, closed[0]), closed[0].proof);
}

TEST(Fold, DueMovesWithTheClockOncePerSum) {
  Teller t;
  t.plan.tick_ms = 1'000;
  t.fund(50'000'000);
  t.open("a");
  t.open("b");
  t.ping("a");
  t.ping("b");
  t.at(2'500);
  t.clock();
  t.clock();
  const auto due = t.all<DueLine>();
  ASSERT_EQ(due.size(), 1U);
  const std::vector<std::pair<SumId, Amount>> expected{{SumId{0}, Amount(600'000)}};
  EXPECT_EQ(due[0].sums, expected);
}

TEST(Fold, AHaltIsSaidOnceAndEndsWithMoney) {
  Teller t;
  t.fund(150'000);
  t.open();
  for (int i = 0; i < 4; ++i) {
    t.at(i * 10'000);
    t.ping();
  }
  ASSERT_EQ(t.all<HaltLine>().size(), 1U);
  EXPECT_EQ(t.all<HaltLine>()[0].reason, HaltReason::balance);
  EXPECT_EQ(t.replies[0].halt, HaltReason::balance);
  t.fund(10'000'000, 2);
  t.ping();
  EXPECT_EQ(t.ticks(), 2);
  EXPECT_EQ(t.replies[0].halt, std::nullopt);
}

TEST(Fold, AClosedSessionTellsItsPlayer) {
  Teller t;
  t.fund(50'000'000);
  t.open();
  t.ping();
  t.at(61'000);
  t.clock();
  ASSERT_EQ(t.replies.size(), 1U);
  EXPECT_TRUE(t.replies[0].closed);
  t.ping();
  EXPECT_EQ(t.codes(), Codes{"unknown_attachment"});
  EXPECT_EQ(t.replies[0].refused, "unknown_attachment");
}

TEST(Fold, TipsAndTicketsChainPerMeter) {
  Teller t;
  t.fund(50'000'000);
  Charge tip{named<ViewerId>("v"), named<MeterId>("m"), named<CreatorId>("k"), 1'000, ChargeKind::tip, "one",
             Amount(500)};
  t.say(tip);
  t.say(tip);
  tip.key = "two";
  t.say(tip);
  const auto charges = t.all<ChargeLine>();
  ASSERT_EQ(charges.size(), 2U);
  Proof proof = link(start_charges(tip.meter), charges[0]);
  EXPECT_EQ(proof, charges[0].proof);
  EXPECT_EQ(link(proof, charges[1]), charges[1].proof);
  EXPECT_EQ(charges[1].due, Amount(1'000));
  tip.amount = Amount(501);
  t.say(tip);
  tip.key = "three";
  tip.amount = Amount(0);
  t.say(tip);
  tip.amount = Amount(99'999'999);
  t.say(tip);
  EXPECT_EQ(t.codes(), (Codes{"key_conflict", "bad_amount", "balance"}));
}

TEST(Fold, ManyKeysAreRefusedUntilTheyExpire) {
  Teller t;
  t.fund(50'000'000);
  Charge tip{
      named<ViewerId>("v"), named<MeterId>("m"), named<CreatorId>("k"), 0, ChargeKind::tip, "", Amount(1)};
  for (int i = 0; i < 257; ++i) {
    tip.key = "key" + std::to_string(i);
    t.say(tip);
  }
  EXPECT_EQ(t.codes(), Codes{"too_many_keys"});
  t.at(7 * 86'400'000LL);
  t.say(tip);
  EXPECT_EQ(t.codes(), Codes{});
}

TEST(Fold, ACreditIsOrderedOncePerKey) {
  Teller t;
  const Credit credit{named<ViewerId>("v"), named<MeterId>("m"), Amount(7), "key", "sorry", "s"};
  t.say(credit);
  t.say(credit);
  EXPECT_EQ(t.all<CreditLine>().size(), 1U);
}

TEST(Fold, AReportThatSaysNothingNewWritesNoLine) {
  Teller t;
  t.fund(50'000'000);
  t.fund(50'000'000);
  EXPECT_EQ(t.all<MeterLine>().size(), 1U);
}

TEST(Fold, LiveAttachmentsCanBeListed) {
  Teller t;
  t.fund(50'000'000);
  t.open("a");
  t.open("b");
  t.stop("a");
  const auto live = t.fold().attachments();
  ASSERT_EQ(live.size(), 1U);
  EXPECT_EQ(live[0].attachment, named<AttachmentId>("b"));
  EXPECT_EQ(live[0].session, named<SessionId>("b"));
}

}  // namespace
}  // namespace paytick::aggregator
