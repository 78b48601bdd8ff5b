#include <gtest/gtest.h>

#include "aggregator/fold.h"
#include "teller.h"

namespace paytick::aggregator {
namespace {

using Codes = std::vector<std::string>;

MeterReport report(std::int64_t refunded, std::uint64_t version, std::uint32_t ledger, bool pending = false) {
  return {named<ViewerId>("v"),
          named<MeterId>("m"),
          Amount(50'000'000),
          Amount(refunded),
          {},
          Amount(50'000'000),
          version,
          ledger,
          {pending ? Teller::kBegin : 0}};
}

Teller watching() {
  Teller t;
  t.plan.tick_ms = 1'000;
  t.say(report(0, 1, 10));
  t.open();
  t.ping();
  t.at(2'500);
  return t;
}

TEST(Refund, ARequestHaltsAndGivesBack) {
  Teller t = watching();
  t.say(RefundRequest{named<ViewerId>("v"), named<MeterId>("m"), Amount(49'000'000), 11});
  EXPECT_EQ(t.ticks(), 3);
  ASSERT_EQ(t.all<AdjustLine>().size(), 1U);
  EXPECT_EQ(t.all<AdjustLine>()[0].reason, AdjustReason::refund);
  ASSERT_EQ(t.all<HaltLine>().size(), 1U);
  EXPECT_EQ(t.all<HaltLine>()[0].reason, HaltReason::refund);
  t.ping();
  t.say(Charge{named<ViewerId>("v"), named<MeterId>("m"), named<CreatorId>("k"), 0, ChargeKind::tip, "a",
               Amount(1)});
  EXPECT_EQ(t.ticks(), 3);
  EXPECT_EQ(t.all<HaltLine>().size(), 1U);
  EXPECT_EQ(t.codes(), Codes{"refund"});
}

// The settler and the history go by these lines.
TEST(Refund, TheMeterLineSaysWhenItWasAskedForAndWhatTransactionToldIt) {
  Teller t = watching();
  MeterReport asked = report(0, 2, 11, true);
  asked.tx.bytes.fill(7);
  t.say(asked);
  EXPECT_EQ(t.all<MeterLine>().back().refund_at.ms, Teller::kBegin);
  EXPECT_EQ(t.all<MeterLine>().back().tx, asked.tx);
  t.say(report(0, 3, 12, true));
  EXPECT_EQ(t.all<MeterLine>().back().refund_at.ms, Teller::kBegin) << "it is still pending";
  t.say(report(1'000'000, 4, 13));
  EXPECT_EQ(t.all<MeterLine>().back().refund_at, TimeMs{});
  EXPECT_TRUE(t.all<MeterLine>().back().tx.is_zero());
}

// Their frames must come out byte for byte when they are folded again.
TEST(Refund, EarlierRulesDidNotSaySo) {
  Teller t = watching();
  t.fold().use_rules(kRulesOfRefunds - 1);
  MeterReport asked = report(0, 2, 11, true);
  asked.tx.bytes.fill(7);
  t.say(asked);
  EXPECT_EQ(t.all<MeterLine>().back().refund_at, TimeMs{});
  EXPECT_TRUE(t.all<MeterLine>().back().tx.is_zero());
  EXPECT_EQ(t.all<HaltLine>().size(), 1U) << "and billed the same";
}

TEST(Refund, ItEndsWhenTheChainHasPaid) {
  Teller t = watching();
  const RefundRequest request{named<ViewerId>("v"), named<MeterId>("m"), Amount(49'000'000), 11};
  t.say(report(0, 2, 11, true));
  t.say(request);
  t.say(report(0, 3, 12, true));  // a deposit meanwhile
  t.ping();
  EXPECT_EQ(t.ticks(), 3);
  t.say(report(1'000'000, 4, 13));
  t.ping();
  EXPECT_GT(t.ticks(), 3);
  const auto bought = t.ticks();
  t.say(request);  // read again: it was answered
  t.at(12'500);
  t.ping();
  EXPECT_GT(t.ticks(), bought);
}

// The viewer has been paid back before, and puts something in just after asking again: the reader coalesces
// both into the newest report, which is of a later ledger than the request.
TEST(Refund, ARequestIsNotLostBehindANewerReport) {
  Teller t = watching();
  t.say(report(1'000'000, 2, 12));
  t.say(report(1'000'000, 4, 22, true));
  t.say(RefundRequest{named<ViewerId>("v"), named<MeterId>("m"), Amount(1), 21});
  EXPECT_EQ(t.ticks(), 3);
  ASSERT_EQ(t.all<HaltLine>().size(), 1U);
  EXPECT_EQ(t.all<HaltLine>()[0].reason, HaltReason::refund);
  ASSERT_EQ(t.all<AdjustLine>().size(), 1U);
  t.ping();
  EXPECT_EQ(t.ticks(), 3);
}

// Where the node had lost the request's ledger, the meter's totals still tell.
TEST(Refund, AReportAloneTellsOfIt) {
  Teller t = watching();
  t.say(report(0, 2, 12, true));
  EXPECT_EQ(t.ticks(), 3);
  ASSERT_EQ(t.all<HaltLine>().size(), 1U);
  EXPECT_EQ(t.all<HaltLine>()[0].reason, HaltReason::refund);
  EXPECT_EQ(t.replies.at(0).halt, HaltReason::refund);
}

// All was the creators': nothing moves, and the meter must not stay closed for ever.
TEST(Refund, ItEndsThoughNothingWasLeftToPay) {
  Teller t = watching();
  t.say(report(0, 2, 11, true));
  t.say(report(0, 3, 12));
  t.say(RefundRequest{named<ViewerId>("v"), named<MeterId>("m"), Amount(0), 11});  // read again
  t.ping();
  EXPECT_GT(t.ticks(), 3);
}

TEST(Content, ClosedContentHaltsGivesBackAndOpensNoMore) {
  Teller t = watching();
  t.say(ContentClosed{named<ContentId>("c")});
  EXPECT_EQ(t.ticks(), 3);
  ASSERT_EQ(t.all<AdjustLine>().size(), 1U);
  EXPECT_EQ(t.all<AdjustLine>()[0].reason, AdjustReason::content);
  EXPECT_EQ(t.replies.at(0).halt, HaltReason::content);
  t.say(ContentClosed{named<ContentId>("c")});
  t.ping();
  EXPECT_EQ(t.ticks(), 3);
  EXPECT_EQ(t.all<HaltLine>().size(), 1U);
  t.open("other");
  EXPECT_EQ(t.codes(), Codes{"content_closed"});
}

TEST(Content, ARepeatedOpenOfClosedContentChangesNothing) {
  Teller t = watching();
  t.say(ContentClosed{named<ContentId>("c")});
  t.open("b");
  EXPECT_EQ(t.codes(), Codes{"content_closed"});
  t.open("b");
  EXPECT_EQ(t.new_lines, "");
  EXPECT_EQ(t.replies.at(0).refused, "unknown_attachment");
  // As long as it can come again in time.
  t.at(kLateMsDefault);
  t.clock();
  t.open("b", kLateMsDefault - 2'500);
  EXPECT_EQ(t.codes(), Codes{});
}

}  // namespace
}  // namespace paytick::aggregator
