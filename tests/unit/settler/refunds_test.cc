// Which refunds are released, and when: not before all that was charged to the meter is settled.
#include "settler/refunds.h"

#include <gtest/gtest.h>

#include "model/image.h"
#include "settler/accrual.h"
#include "settler/plan.h"
#include "unit/settler/log_fixture.h"

namespace paytick::settler::testing {
namespace {

constexpr std::int64_t kAsked = 5'000;

MeterId meter(std::uint8_t n) { return id_of<MeterId>(n); }
TxHash hash(std::uint8_t n) { return id_of<TxHash>(n); }

MeterLine report(std::uint8_t n, std::uint64_t version, std::int64_t asked_at) {
  MeterLine line;
  line.meter = meter(n);
  line.version = version;
  line.refund_at = TimeMs{asked_at};
  return line;
}

class RefundsTest : public ::testing::Test {
 protected:
  void tell(const Output& line, std::int64_t at = 0) { ASSERT_TRUE(accrual_.apply(line, TimeMs{at})); }
  void sum(std::uint32_t number, std::uint8_t n) {
    tell(SumLine{SumId{number}, id_of<ViewerId>(1), meter(n), id_of<CreatorId>(3), 1'000});
  }
  // A tick that was bought: charged, and due as far as it has begun.
  void bought(std::uint32_t number, std::int64_t charged, std::int64_t due) {
    TickLine line;
    line.sum = SumId{number};
    line.charged = Amount(charged), line.due = Amount(due);
    tell(line);
  }
  void settled(std::uint32_t number, std::int64_t cumulative) {
    Confirmed line;
    line.hash = hash(9);
    line.items = {{SumId{number}, Amount(cumulative), Amount(1), Amount(0), kCodePaid}};
    accrual_.apply(Settlement{line});
  }
  void prepared(std::uint8_t n, std::int64_t asked_at = kAsked) {
    Prepared line;
    line.hash = hash(n);
    line.refunds = {{meter(n), TimeMs{asked_at}}};
    accrual_.apply(Settlement{line});
  }
  std::optional<RefundItem> next(std::int64_t now = 0) const {
    return accrual_.refunds().plan(accrual_.sums(), TimeMs{now});
  }
  bool settles(std::uint32_t number) const {
    for (const Batch& batch : settler::plan(accrual_, TimeMs{1}, policy_))
      for (const SettlementItem& item : batch)
        if (item.sum == SumId{number}) return true;
    return false;
  }

  Policy policy_;
  Accrual accrual_{policy_};
};

TEST_F(RefundsTest, AMeterThatOwesNothingIsReleasedAtOnce) {
  tell(report(1, 3, kAsked));
  EXPECT_EQ(next(), (RefundItem{meter(1), TimeMs{kAsked}}));
  EXPECT_EQ(accrual_.refunds().waiting(), 1U);
}

TEST_F(RefundsTest, NothingIsReleasedWithoutARequest) {
  tell(report(1, 3, 0));
  EXPECT_FALSE(next());
  EXPECT_TRUE(accrual_.refunds().all().empty()) << "most meters are never asked back";
}

TEST_F(RefundsTest, WaitsUntilAllThatWasChargedIsDueAndSettled) {
  sum(0, 1);
  sum(1, 1);
  sum(2, 2);
  bought(0, 300, 200);
  bought(1, 50, 50);
  bought(2, 77, 77);  // of another meter
  tell(report(1, 3, kAsked));
  EXPECT_FALSE(settles(0)) << "more becomes due soon";
  EXPECT_TRUE(settles(1)) << "below the threshold, and the fee would take most of it";
  EXPECT_FALSE(settles(2));
  settled(1, 50);
  EXPECT_FALSE(next());
  settled(0, 200);
  EXPECT_FALSE(next()) << "a tick has not begun";
  tell(DueLine{TimeMs{1}, {{SumId{0}, Amount(300)}}});
  EXPECT_TRUE(settles(0));
  EXPECT_FALSE(next());
  settled(0, 300);
  EXPECT_TRUE(next());
}

TEST_F(RefundsTest, WhatWasGivenBackIsNotOwed) {
  sum(0, 1);
  bought(0, 300, 200);
  settled(0, 200);
  tell(report(1, 3, kAsked));
  AdjustLine back;
  back.sum = SumId{0};
  back.charged = back.due = Amount(200);
  tell(back);
  EXPECT_TRUE(next());
}

TEST_F(RefundsTest, IsReleasedOnceARequest) {
  tell(report(1, 3, kAsked));
  prepared(1);
  EXPECT_FALSE(next()) << "in flight";
  Confirmed done;
  done.hash = hash(1);
  accrual_.apply(Settlement{done});
  EXPECT_FALSE(next()) << "and the chain has not told of it yet";
  EXPECT_EQ(accrual_.refunds().waiting(), 0U);
  tell(report(1, 4, kAsked));  // an older report, of a payment before the release
  EXPECT_FALSE(next());
  tell(report(1, 5, 0));
  EXPECT_FALSE(next());
  tell(report(1, 4, kAsked));  // late
  EXPECT_FALSE(next());
  tell(report(1, 6, kAsked + 60'000));
  EXPECT_EQ(next(), (RefundItem{meter(1), TimeMs{kAsked + 60'000}})) << "another request";
}

TEST_F(RefundsTest, AReleaseMayBeReadBeforeItsRequest) {
  Confirmed done;
  done.hash = hash(1);
  prepared(1, kAsked);
  accrual_.apply(Settlement{done});
  prepared(1, kAsked + 60'000);
  accrual_.apply(Settlement{done});
  tell(report(1, 3, kAsked));
  EXPECT_FALSE(next());
  tell(report(1, 4, 0));
  tell(report(1, 5, kAsked + 60'000));
  EXPECT_FALSE(next());
  tell(report(1, 6, 0));
  tell(report(1, 7, kAsked + 120'000));
  EXPECT_TRUE(next());
}

TEST_F(RefundsTest, WhatFailedIsTriedAgainLaterAndWhatExpiredAtOnce) {
  tell(report(1, 3, kAsked));
  prepared(1);
  accrual_.apply(Settlement{Failed{hash(1), "invoke_trapped", TimeMs{1'000}}});
  EXPECT_FALSE(next(1'000 + policy_.retry_ms - 1));
  EXPECT_TRUE(next(1'000 + policy_.retry_ms));
  prepared(1);
  accrual_.apply(Settlement{Expired{hash(1), TimeMs{1'000}}});
  EXPECT_TRUE(next(1'000 + policy_.retry_ms));
}

TEST_F(RefundsTest, WhoHasWaitedTooLongTakesItAlone) {
  tell(report(1, 3, kAsked));
  accrual_.refunds().aged(meter(1));
  EXPECT_FALSE(next());
  EXPECT_EQ(accrual_.refunds().waiting(), 0U);
  tell(report(1, 4, 0));
  tell(report(1, 5, kAsked + 1));
  EXPECT_TRUE(next());
}

TEST_F(RefundsTest, OneThatCannotBeReleasedHoldsUpNoOther) {
  sum(0, 1);
  bought(0, 300, 200);
  tell(report(1, 3, kAsked));
  tell(report(2, 3, kAsked));
  EXPECT_EQ(next()->meter, meter(2));
}

TEST_F(RefundsTest, ComesBackFromAnImageAsItWas) {
  sum(0, 1);
  bought(0, 300, 200);
  for (std::uint8_t n = 1; n < 4; ++n) tell(report(n, 3, kAsked + n));
  prepared(2, kAsked + 2);
  Confirmed done;
  done.hash = hash(2);
  accrual_.apply(Settlement{done});
  accrual_.refunds().refused(meter(3), TimeMs{100});
  ImageWriter out;
  accrual_.write_image(out);
  const std::string bytes = out.take();
  ImageReader in(bytes);
  Accrual restored(policy_);
  restored.read_image(in);
  EXPECT_TRUE(in.done());
  EXPECT_EQ(restored.refunds().all(), accrual_.refunds().all());
  EXPECT_EQ(restored.sums(), accrual_.sums());
}

}  // namespace
}  // namespace paytick::settler::testing
