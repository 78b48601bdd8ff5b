#include "model/plan.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace paytick {
namespace {

Plan good_plan() {
  Plan plan;
  plan.price_per_tick = Amount(100'000);
  return plan;
}

struct Case {
  std::string field;
  std::function<void(Plan&)> spoil;
};

TEST(PlanRules, AcceptTheThreeSystems) {
  Plan plan = good_plan();
  EXPECT_TRUE(validate(plan));
  plan = {.id = {},
          .tick_ms = 1'000,
          .price_per_tick = Amount(10'000),
          .heartbeat_ms = 10'000,
          .minimum_ticks = 1,
          .platform_bps = 1'000,
          .refund_unused = true};
  EXPECT_TRUE(validate(plan));
  plan.tick_ms = plan.heartbeat_ms = 30'000;
  plan.platform_bps = 2'000;
  plan.refund_unused = false;
  EXPECT_TRUE(validate(plan));
}

TEST(PlanRules, NameTheFieldThatIsWrong) {
  const Case cases[] = {
      {"tickMs", [](Plan& p) { p.tick_ms = kTickMsMin - 1; }},
      {"tickMs", [](Plan& p) { p.tick_ms = 0; }},
      {"tickMs", [](Plan& p) { p.tick_ms = kTickMsMax + 1; }},
      {"pricePerTick", [](Plan& p) { p.price_per_tick = Amount(-1); }},
      {"pricePerTick", [](Plan& p) { p.price_per_tick = Amount(kPricePerTickMax + 1); }},
      {"heartbeatMs", [](Plan& p) { p.heartbeat_ms = 0; }},
      {"heartbeatMs", [](Plan& p) { p.heartbeat_ms = 15'000; }},
      {"heartbeatMs", [](Plan& p) { p.heartbeat_ms = 650'000; }},
      {"minimumTicks", [](Plan& p) { p.minimum_ticks = -1; }},
      {"minimumTicks", [](Plan& p) { p.minimum_ticks = 65; }},
      {"platformBps", [](Plan& p) { p.platform_bps = 5'001; }},
  };
  for (const Case& c : cases) {
    Plan plan = good_plan();
    c.spoil(plan);
    const auto result = validate(plan);
    ASSERT_FALSE(result) << c.field;
    EXPECT_EQ(result.error().code, "invalid_plan");
    EXPECT_TRUE(result.error().message.starts_with(c.field)) << result.error().message;
  }
}

TEST(PlanRules, JitterIsAQuarterTickAtMostASecond) {
  Plan plan = good_plan();
  EXPECT_EQ(jitter_ms(plan), 1'000);
  plan.tick_ms = 1'000;
  EXPECT_EQ(jitter_ms(plan), 250);
  plan.refund_unused = false;
  EXPECT_EQ(jitter_ms(plan), 0);
}

TEST(PlanRules, InitialTicksArePartOfTheMinimum) {
  Plan plan = good_plan();
  plan.minimum_ticks = 6;
  plan.initial_ticks = 6;
  EXPECT_TRUE(validate(plan));  // free
  plan.initial_price = Amount(900'000);
  EXPECT_TRUE(validate(plan));
  EXPECT_EQ(price_of(plan, 0), Amount(900'000));
  EXPECT_EQ(price_of(plan, 5), Amount(0));
  EXPECT_EQ(price_of(plan, 6), plan.price_per_tick);
  plan.initial_ticks = 7;
  EXPECT_FALSE(validate(plan));
  plan.initial_ticks = 0;
  EXPECT_FALSE(validate(plan));  // a price of nothing
  plan = good_plan();
  plan.initial_ticks = -1;
  EXPECT_FALSE(validate(plan));
  plan.initial_ticks = 1;
  plan.initial_price = Amount(-1);
  EXPECT_FALSE(validate(plan));
}

// Frozen: plans on record were named by it.
TEST(PlanId, IsFrozenAndCoversEveryField) {
  const PlanId id = derive_plan_id(good_plan());
  EXPECT_EQ(to_text(id), "UBwcglacgIhN2Y3NN6uBag");
  const std::function<void(Plan&)> changes[] = {
      [](Plan& p) { p.tick_ms = 1'000; },
      [](Plan& p) { p.price_per_tick = Amount(1); },
      [](Plan& p) { p.heartbeat_ms = 20'000; },
      [](Plan& p) { p.minimum_ticks = 2; },
      [](Plan& p) { p.platform_bps = 1; },
      [](Plan& p) { p.refund_unused = false; },
      [](Plan& p) { p.initial_ticks = 1; },
      [](Plan& p) {
        p.initial_ticks = 1;
        p.initial_price = Amount(1);
      },
  };
  for (const auto& change : changes) {
    Plan plan = good_plan();
    change(plan);
    EXPECT_NE(derive_plan_id(plan), id);
  }
  Plan named = good_plan();
  named.id = id;
  EXPECT_EQ(derive_plan_id(named), id);
}

}  // namespace
}  // namespace paytick
