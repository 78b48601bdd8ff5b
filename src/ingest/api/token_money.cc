#include "ingest/api/token_money.h"

namespace paytick::ingest {

Result<Plan> call_plan(std::int64_t tokens_per_minute, const ShowMoney& money) {
  if (tokens_per_minute % 2 != 0) {
    return fail("invalid_plan",
                "A call is billed in blocks of half a minute: the rate must be an even number of tokens.");
  }
  Plan plan;
  plan.tick_ms = money.block_ms;
  plan.heartbeat_ms = money.block_ms;
  plan.price_per_tick = amount_of(tokens_per_minute / 2, money);
  plan.minimum_ticks = 1;
  plan.platform_bps = money.platform_bps;
  plan.refund_unused = false;
  if (auto valid = validate(plan); !valid) return tl::unexpected(valid.error());
  plan.id = derive_plan_id(plan);
  return plan;
}

}  // namespace paytick::ingest
