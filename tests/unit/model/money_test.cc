#include "model/money.h"

#include <gtest/gtest.h>

#include <random>

namespace paytick {
namespace {

constexpr Amount kMin{std::numeric_limits<std::int64_t>::min()};

TEST(Money, WritesSevenDecimals) {
  EXPECT_EQ(to_decimal(Amount(0)), "0.0000000");
  EXPECT_EQ(to_decimal(Amount(1)), "0.0000001");
  EXPECT_EQ(to_decimal(Amount(-1)), "-0.0000001");
  EXPECT_EQ(to_decimal(Amount(49'900'000)), "4.9900000");
  EXPECT_EQ(to_decimal(Amount(-50'000'000)), "-5.0000000");
  EXPECT_EQ(to_decimal(kMaxAmount), "922337203685.4775807");
  EXPECT_EQ(to_decimal(kMin), "-922337203685.4775808");
}

TEST(Money, ReadsDecimals) {
  EXPECT_EQ(from_decimal("5"), Amount(50'000'000));
  EXPECT_EQ(from_decimal("5.0"), Amount(50'000'000));
  EXPECT_EQ(from_decimal("0.0000001"), Amount(1));
  EXPECT_EQ(from_decimal("-0.12"), Amount(-1'200'000));
  EXPECT_EQ(from_decimal("922337203685.4775807"), kMaxAmount);
  EXPECT_EQ(from_decimal("-922337203685.4775808"), kMin);
}

TEST(Money, RefusesWhatIsNotADecimalOrDoesNotFit) {
  for (const char* text : {"",
                           "-",
                           "+5",
                           "--5",
                           " 5",
                           "5 ",
                           "5,0",
                           ".5",
                           "5.",
                           ".",
                           "1e3",
                           "0x10",
                           "1.2.3",
                           "0.00000001",
                           "922337203685.4775808",
                           "-922337203685.4775809",
                           "99999999999999999999999",
                           "NaN",
                           "inf",
                           "5.-1"}) {
    EXPECT_FALSE(from_decimal(text)) << text;
  }
}

TEST(Money, DecimalsRoundTrip) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 10'000; ++i) {
    const Amount amount(static_cast<std::int64_t>(random()) >> random() % 64);
    ASSERT_EQ(from_decimal(to_decimal(amount)), amount) << to_decimal(amount);
  }
}

TEST(Money, ArithmeticIsChecked) {
  EXPECT_EQ(add(Amount(2), Amount(3)), Amount(5));
  EXPECT_FALSE(add(kMaxAmount, Amount(1)));
  EXPECT_FALSE(subtract(kMin, Amount(1)));
  EXPECT_FALSE(multiply(kMaxAmount, 2));
}

TEST(Money, TheSharesOfASumAddUp) {
  EXPECT_EQ(platform_share(Amount(12'345), 1'000), Amount(1'234));
  EXPECT_EQ(platform_share(Amount(9), 1'000), Amount(0));
  EXPECT_EQ(platform_share(kMaxAmount, 10'000), kMaxAmount);
  EXPECT_EQ(platform_share(kMaxAmount, 0), Amount(0));
}

}  // namespace
}  // namespace paytick
