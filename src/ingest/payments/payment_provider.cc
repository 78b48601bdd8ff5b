#include "ingest/payments/payment_provider.h"

namespace paytick::ingest::payments {

std::string credit_key(const PaymentProvider& provider, std::string_view payment) {
  std::string key = "pay:";
  key.append(provider.name()).append(1, ':').append(payment);
  return key;
}

std::optional<std::int64_t> price_of(std::int64_t tokens, std::int64_t price_per_100) {
  const auto hundredfold = multiply(Amount(tokens), price_per_100);
  const auto rounded = hundredfold ? add(*hundredfold, Amount(99)) : std::nullopt;
  if (!rounded || tokens < 0 || price_per_100 < 0) return std::nullopt;
  return rounded->units() / 100;
}

}  // namespace paytick::ingest::payments
