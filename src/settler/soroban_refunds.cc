// The part of SorobanChain that releases refunds.

#include <algorithm>

#include "settler/soroban_chain.h"

namespace paytick::settler {

Result<Preparation> SorobanChain::prepare_refund(const RefundItem& item, std::int64_t sequence,
                                                 TimeMs min_time, TimeMs max_time) {
  auto now = totals(item.meter);
  if (!now) return tl::unexpected(now.error());
  if (now->refund_at != item.asked_at)
    return fail("no_refund", "The refund of meter " + to_text(item.meter) + " is pending no more.");
  auto config = chain::simulate_call(rpc_, source(), item.meter, "config", {});
  if (!config) return tl::unexpected(config.error());
  const chain::ScVal* const field = chain::field_of(*config, "refund_delay_s");
  const auto delay_s = field == nullptr ? std::nullopt : chain::unsigned_of(*field);
  if (!delay_s) return fail("rpc_malformed", "A meter answers config() with something else.", Next::retry);
  const std::int64_t waited_s = std::max<std::int64_t>(max_time.ms - item.asked_at.ms, 0) / 1'000;
  if (static_cast<std::uint64_t>(waited_s) >= *delay_s)
    return fail("refund_aged",
                "The viewer of meter " + to_text(item.meter) + " can take the rest without the settler.");
  auto out = prepare_call("release_refund", {chain::sc_address(item.meter)}, settler_, 0, sequence, min_time,
                          max_time);
  if (out) out->prepared.refunds.push_back(item);
  return out;
}

}  // namespace paytick::settler
