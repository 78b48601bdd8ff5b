// The half of SorobanChain that pays credits.

#include "settler/policy.h"
#include "settler/router_abi.h"
#include "settler/soroban_chain.h"

namespace paytick::settler {

Result<Preparation> SorobanChain::prepare_credits(std::span<const CreditItem> items, std::int64_t sequence,
                                                  TimeMs min_time, TimeMs max_time) {
  if (!config_.treasury) return no_treasury();
  auto out = prepare_call("credit", credit_args(items), *config_.treasury, items.size(), sequence, min_time,
                          max_time);
  if (out) out->prepared.credits.assign(items.begin(), items.end());
  return out;
}

Result<std::vector<Amount>> SorobanChain::credited(std::span<const CreditItem> items) {
  std::vector<Amount> out;
  for (const CreditItem& item : items) {
    auto value = chain::simulate_call(rpc_, source(), item.meter, "credited", {});
    if (!value) return tl::unexpected(value.error());
    const auto amount = chain::amount_of(*value);
    if (!amount) return fail("rpc_malformed", "A meter answers credited() with something else.", Next::retry);
    out.push_back(*amount);
  }
  return out;
}

// When a node does not tell what a transaction did, the contracts tell what stands.
Result<std::vector<CreditedItem>> SorobanChain::credits_by_totals(std::span<const CreditItem> items) {
  auto sums = credited(items);
  if (!sums) return tl::unexpected(sums.error());
  std::vector<CreditedItem> out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const bool all = (*sums)[i] >= items[i].cumulative;
    out.push_back({items[i].meter, (*sums)[i], Amount(0), all ? kCodeNothingNew : kCodeMeterFailed});
  }
  return out;
}

Result<Amount> SorobanChain::treasury_balance() {
  auto config = chain::simulate_call(rpc_, source(), config_.router, "config", {});
  if (!config) return tl::unexpected(config.error());
  const chain::ScVal* const holder = chain::field_of(*config, "treasury");
  const chain::ScVal* const asset = chain::field_of(*config, "token");
  const auto token = asset == nullptr ? std::nullopt : chain::contract_of(*asset);
  if (holder == nullptr || !token)
    return fail("no_treasury", "This router knows no treasury: it is of an older version. Deploy it anew.");
  if (config_.treasury && chain::account_of(*holder) != config_.treasury->account())
    return fail("foreign_treasury", "The router's treasury is another account than " +
                                        to_text(config_.treasury->account()) +
                                        "; give its key, or have the admin call set_treasury.");
  auto value = chain::simulate_call(rpc_, source(), *token, "balance", {*holder});
  if (!value) return tl::unexpected(value.error());
  const auto amount = chain::amount_of(*value);
  if (!amount) return fail("rpc_malformed", "The token answers balance() with something else.", Next::retry);
  return *amount;
}

}  // namespace paytick::settler
