#pragma once
// Tokens: a unit of the meter's asset, of a configured size. Amounts of tokens are whole; a balance in tokens
// is rounded down. Pure.

#include <cstdint>
#include <optional>

#include "model/inputs.h"
#include "model/money.h"
#include "model/plan.h"

namespace paytick::ingest {

inline constexpr std::int64_t kTokensMax = 1'000'000;  // in one tip, ticket, rate or purchase
inline constexpr std::int64_t kTokenPacks[] = {500, 1'000, 2'500};
inline constexpr std::int64_t kTipPresets[] = {50, 100, 250, 500};

// What tips, tickets and calls share; from the configuration.
struct ShowMoney {
  std::int64_t token_units = 1'000'000;  // smallest units in a token, 1 … 10^12
  std::uint16_t platform_bps = 2'000;    // the platform's share of tips, tickets and calls
  std::int32_t block_ms = 30'000;        // of a call: half a minute, but where time is sped up
};

// tokens: 0 … kTokensMax.
constexpr Amount amount_of(std::int64_t tokens, const ShowMoney& money) {
  static_assert(kTokensMax <= INT64_MAX / 1'000'000'000'000);
  return Amount(tokens * money.token_units);
}
// Rounded down; 0 where nothing can be spent.
constexpr std::int64_t tokens_of(Amount amount, const ShowMoney& money) {
  return amount.units() > 0 ? amount.units() / money.token_units : 0;
}
// How many more it takes for `wanted` with `spendable`; at least 1.
constexpr std::int64_t tokens_missing(Amount wanted, Amount spendable, const ShowMoney& money) {
  const std::int64_t have = spendable.units() > 0 ? spendable.units() : 0;
  const std::int64_t missing = wanted.units() > have ? wanted.units() - have : 1;
  return missing / money.token_units + (missing % money.token_units != 0 ? 1 : 0);
}

// The plan of a call: blocks of half a minute that are never given back. Code "invalid_plan" where half the
// rate is no whole number of tokens.
Result<Plan> call_plan(std::int64_t tokens_per_minute, const ShowMoney& money);

}  // namespace paytick::ingest
