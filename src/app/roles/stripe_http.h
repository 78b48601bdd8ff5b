#pragma once
// Stripe's API over HTTPS. A connection a request: purchases are rare, and workers come and go.

#include <string>

#include "ingest/payments/stripe_provider.h"

namespace paytick::app {

class StripeHttp final : public ingest::payments::StripeApi {
 public:
  // `url`: "https://api.stripe.com", or whoever plays its part. Thread-safe.
  StripeHttp(std::string url, std::string secret) : url_(std::move(url)), secret_(std::move(secret)) {}

  Result<ingest::payments::StripeAnswer> post(std::string_view path, std::string_view form,
                                              std::string_view idempotency_key) override;
  Result<ingest::payments::StripeAnswer> get(std::string_view path) override;

 private:
  const std::string url_, secret_;
};

}  // namespace paytick::app
