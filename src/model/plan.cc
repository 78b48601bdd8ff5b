#include "model/plan.h"

#include "model/hash.h"
#include "model/little_endian.h"

namespace paytick {
namespace {

Result<void> invalid(std::string_view field, std::string_view rule) {
  return fail("invalid_plan", std::string(field) + " must be " + std::string(rule));
}

}  // namespace

Result<void> validate(const Plan& plan) {
  if (plan.tick_ms < kTickMsMin || plan.tick_ms > kTickMsMax) {
    return invalid("tickMs", "from 100 to 3600000");
  }
  if (plan.price_per_tick < Amount(0) || plan.price_per_tick > Amount(kPricePerTickMax)) {
    return invalid("pricePerTick", "from 0 to 1000000000000000");
  }
  if (plan.heartbeat_ms <= 0 || plan.heartbeat_ms % plan.tick_ms != 0 ||
      plan.heartbeat_ms / plan.tick_ms > kTicksPerHeartbeatMax) {
    return invalid("heartbeatMs", "tickMs times 1 to 64");
  }
  if (plan.minimum_ticks < 0 || plan.minimum_ticks > kMinimumTicksMax) {
    return invalid("minimumTicks", "from 0 to 64");
  }
  if (plan.initial_ticks < 0 || plan.initial_ticks > plan.minimum_ticks) {
    return invalid("initialTicks", "from 0 to minimumTicks");
  }
  if (plan.initial_price < Amount(0) || plan.initial_price > Amount(kPricePerTickMax)) {
    return invalid("initialPrice", "from 0 to 1000000000000000");
  }
  if (plan.initial_ticks == 0 && plan.initial_price != Amount(0)) {
    return invalid("initialPrice", "0 where initialTicks is 0");
  }
  if (plan.platform_bps > kPlatformBpsMax) return invalid("platformBps", "from 0 to 5000");
  return {};
}

PlanId derive_plan_id(const Plan& plan) {
  Packer<32> fields;
  fields.put(plan.tick_ms)
      .put(plan.price_per_tick.units())
      .put(plan.heartbeat_ms)
      .put(plan.minimum_ticks)
      .put(plan.platform_bps)
      .put(static_cast<std::uint8_t>(plan.refund_unused));
  PlanId id;
  if (plan.initial_ticks != 0) {
    Packer<48> all;
    all.put(plan.tick_ms)
        .put(plan.price_per_tick.units())
        .put(plan.heartbeat_ms)
        .put(plan.minimum_ticks)
        .put(plan.platform_bps)
        .put(static_cast<std::uint8_t>(plan.refund_unused))
        .put(plan.initial_ticks)
        .put(plan.initial_price.units());
    blake2b(all.bytes(), id.bytes);
    return id;
  }
  blake2b(fields.bytes(), id.bytes);
  return id;
}

}  // namespace paytick
