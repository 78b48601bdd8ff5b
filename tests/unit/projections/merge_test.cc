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

TEST_F(MergeTest, RowIdsSortAsTheLogDoes) {
  const auto a = row_id(Source::ticks, PartitionId{1}, Offset{2}, 300);
  const auto b = row_id(Source::ticks, PartitionId{1}, Offset{3}, 1);
  EXPECT_LT(a, b);
}

}  // namespace
}  // namespace paytick::projections
