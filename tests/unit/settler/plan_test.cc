#include "settler/plan.h"

#include <gtest/gtest.h>

namespace paytick::settler {
namespace {

class PlanTest : public ::testing::Test {
 protected:
  void SetUp() override {
    policy_.threshold = Amount(1'000);
    policy_.max_age_ms = 10'000;
    policy_.batch_items_max = 3;
    policy_.fee_base = Amount(10);
    policy_.fee_per_item = Amount(10);
    policy_.max_fee_share_bps = 1'000;  // a tenth
    accrual_ = Accrual(policy_);
  }

  void owe(std::uint32_t sum, std::int64_t due, TimeMs at) {
    SumLine line;
    line.sum = SumId{sum};
    line.meter.bytes[0] = static_cast<std::uint8_t>(sum);
    ASSERT_TRUE(accrual_.apply(line, at));
    TickLine tick;
    tick.sum = SumId{sum};
    tick.due = Amount(due);
    ASSERT_TRUE(accrual_.apply(tick, at));
  }
  static CreatorId id_of_creator(std::uint8_t n) {
    CreatorId id;
    id.bytes.fill(n);
    return id;
  }
  void close(std::uint32_t sum) {
    OpenedLine opened;
    opened.session.bytes[0] = static_cast<std::uint8_t>(sum);
    opened.sum = SumId{sum};
    ClosedLine closed;
    closed.session = opened.session;
    ASSERT_TRUE(accrual_.apply(opened, TimeMs{0}));
    ASSERT_TRUE(accrual_.apply(closed, TimeMs{0}));
  }
  std::vector<std::uint32_t> sums_of(TimeMs now) const {
    std::vector<std::uint32_t> out;
    for (const Batch& batch : plan(accrual_, now, policy_))
      for (const SettlementItem& item : batch) out.push_back(static_cast<std::uint32_t>(item.sum));
    return out;
  }

  Policy policy_;
  Accrual accrual_{policy_};
};

using Sums = std::vector<std::uint32_t>;

TEST_F(PlanTest, ThresholdAgeAndClosing) {
  owe(0, 1'000, TimeMs{100});
  owe(1, 999, TimeMs{50});
  owe(2, 500, TimeMs{60});
  close(2);
  EXPECT_EQ(sums_of(TimeMs{200}), (Sums{2, 0}));  // oldest first
  EXPECT_EQ(sums_of(TimeMs{10'049}), (Sums{2, 0}));
  EXPECT_EQ(sums_of(TimeMs{10'050}), (Sums{1, 2, 0}));
  policy_.on_close = false;
  EXPECT_EQ(sums_of(TimeMs{200}), (Sums{0}));
}

TEST_F(PlanTest, TheFeeMayNotEatTheBatchUnlessItIsOld) {
  owe(0, 150, TimeMs{100});
  close(0);
  EXPECT_TRUE(sums_of(TimeMs{200}).empty());  // 20 of 150 is more than a tenth
  EXPECT_EQ(sums_of(TimeMs{10'100}), (Sums{0}));
  owe(1, 60, TimeMs{150});
  close(1);
  EXPECT_TRUE(sums_of(TimeMs{200}).empty());  // 30 of 210
  owe(2, 1'000, TimeMs{150});
  EXPECT_EQ(sums_of(TimeMs{200}), (Sums{0, 1, 2}));  // together it is worth it
}

TEST_F(PlanTest, WhatACreatorAsksForIsPaidNow) {
  owe(0, 150, TimeMs{100});
  owe(1, 10, TimeMs{100});  // the network's fee: it would reach nobody
  owe(2, 11, TimeMs{100});
  EXPECT_TRUE(sums_of(TimeMs{200}).empty());
  ASSERT_TRUE(accrual_.apply(PayoutLine{id_of_creator(9), TimeMs{150}}, TimeMs{150}));
  EXPECT_TRUE(sums_of(TimeMs{200}).empty()) << "another creator's request";
  ASSERT_TRUE(accrual_.apply(PayoutLine{CreatorId{}, TimeMs{150}}, TimeMs{150}));
  EXPECT_EQ(sums_of(TimeMs{200}), (Sums{0, 2}));
  // What became due meanwhile goes with it; what becomes due after it is paid waits as ever.
  owe(0, 160, TimeMs{210});
  EXPECT_EQ(plan(accrual_, TimeMs{220}, policy_).at(0).at(0).cumulative, Amount(160));
  accrual_.apply(Confirmed{{},
                           7,
                           TimeMs{230},
                           Amount(0),
                           {{SumId{0}, Amount(160), Amount(160), Amount(0), kCodePaid},
                            {SumId{2}, Amount(11), Amount(11), Amount(0), kCodePaid}}});
  owe(0, 260, TimeMs{240});
  EXPECT_TRUE(sums_of(TimeMs{250}).empty());
  owe(1, 11, TimeMs{240});
  EXPECT_EQ(sums_of(TimeMs{250}), (Sums{1})) << "asked for before, and now worth its fee";
}

TEST_F(PlanTest, BatchesAreBoundedAndSmallerAfterFailures) {
  for (std::uint32_t i = 0; i < 7; ++i) owe(i, 5'000, TimeMs{i});
  const auto batches = plan(accrual_, TimeMs{100}, policy_);
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_EQ(batches[0].size(), 3U);
  EXPECT_EQ(batches[2].size(), 1U);
  EXPECT_EQ(batches[0][0].cumulative, Amount(5'000));
  accrual_.apply(Failed{{}, "invoke_resource_limit", TimeMs{1}});
  EXPECT_EQ(plan(accrual_, TimeMs{100}, policy_).at(0).size(), 1U);
}

TEST_F(PlanTest, WhatIsInFlightParkedOrWaitingIsLeftOut) {
  for (std::uint32_t i = 0; i < 4; ++i) owe(i, 5'000, TimeMs{i});
  Prepared prepared;
  prepared.items = {{SumId{0}, {}, {}, 0, Amount(5'000)}};
  accrual_.apply(prepared);
  accrual_.apply(Parked{SumId{1}, "router_12", Amount(5'000), TimeMs{5}});
  accrual_.foretold({SumId{2}, {}, {}, 0, Amount(5'000)}, 13, TimeMs{100});
  EXPECT_EQ(sums_of(TimeMs{101}), (Sums{3}));
  EXPECT_EQ(sums_of(TimeMs{100 + policy_.retry_ms}), (Sums{2, 3}));
}

TEST_F(PlanTest, RefusedTooOftenIsParked) {
  owe(0, 5'000, TimeMs{0});
  for (std::uint32_t i = 0; i < policy_.failures_max; ++i) {
    EXPECT_TRUE(to_park(accrual_, TimeMs{9}, policy_).empty());
    accrual_.foretold({SumId{0}, {}, {}, 0, Amount(5'000)}, 14, TimeMs{9});
  }
  const auto parked = to_park(accrual_, TimeMs{9}, policy_);
  ASSERT_EQ(parked.size(), 1U);
  accrual_.apply(Settlement{parked[0]});
  EXPECT_TRUE(to_park(accrual_, TimeMs{9}, policy_).empty());
}

}  // namespace
}  // namespace paytick::settler
