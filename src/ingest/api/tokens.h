#pragma once
// Tokens for money:
//   POST /api/tokens/purchase           asks the payment provider; what is paid becomes a credit, once
//   POST /api/payments/stripe/webhook   the provider's word: paid, or charged back (which freezes)
//
// A credit is an order to the treasury, which pays it into the meter on chain, once; it can be spent when the
// chain has reported it.

#include <functional>
#include <string>

#include "ingest/api/show_parts.h"
#include "ingest/payments/payment_provider.h"

namespace paytick::ingest {

struct TokenSale {
  payments::PaymentProvider* provider = nullptr;  // null: tokens are not sold here
  std::int64_t price_per_100 = 0;                 // in the currency's smallest units
  // Runs a job that may wait for the provider; false: too many wait.
  std::function<bool(std::function<void()>)> run;
  std::function<void(const std::string&)> note;  // for the operator's log
};

// What `sale` points to outlives the routes.
void add_token_routes(HttpRoutes& routes, const ShowParts& parts, const TokenSale& sale);

}  // namespace paytick::ingest
