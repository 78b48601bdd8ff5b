#pragma once
// Tokens sold through Stripe's hosted checkout. The secret key and the connection sit behind StripeApi, so
// that tests (and whoever plays Stripe's part) answer instead.

#include <memory>
#include <string>
#include <vector>

#include "ingest/payments/payment_provider.h"

namespace paytick::ingest::payments {

struct StripeAnswer {
  unsigned status = 0;
  std::string body;
};

// Stripe's HTTP API. Thread-safe; blocks, within a bound of its own. Errors are those of a connection:
// nothing came back.
class StripeApi {
 public:
  virtual ~StripeApi() = default;
  // `idempotency_key`: Stripe answers a repeat of it as it answered the first.
  virtual Result<StripeAnswer> post(std::string_view path, std::string_view form,
                                    std::string_view idempotency_key) = 0;
  virtual Result<StripeAnswer> get(std::string_view path) = 0;
};

struct StripeSettings {
  std::string currency = "usd";              // ISO 4217, in small letters
  std::string success_url, cancel_url;       // where the buyer comes back to
  std::vector<std::string> webhook_secrets;  // one, or two while one is being rolled; none is empty
};

class StripeProvider final : public PaymentProvider {
 public:
  StripeProvider(std::unique_ptr<StripeApi> api, StripeSettings settings)
      : api_(std::move(api)), settings_(std::move(settings)) {}

  std::string_view name() const override { return "stripe"; }
  Result<Checkout> begin(const TokenPurchase& purchase) override;
  // A dispute does not say whose payment it is about: then Stripe is asked for the payment.
  Result<PaymentEvent> read_event(std::string_view signature, std::string_view body, TimeMs now) override;

 private:
  const std::unique_ptr<StripeApi> api_;
  const StripeSettings settings_;
};

}  // namespace paytick::ingest::payments
