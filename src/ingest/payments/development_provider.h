#pragma once
// Play money: every purchase is paid at once. For development mode alone; nobody is asked for anything.

#include "ingest/payments/payment_provider.h"

namespace paytick::ingest::payments {

class DevelopmentProvider final : public PaymentProvider {
 public:
  std::string_view name() const override { return "dev"; }
  // The payment's id is made of the viewer and the order: the same order is the same payment.
  Result<Checkout> begin(const TokenPurchase& purchase) override;
  // There is nobody who could sign one: "bad_signature".
  Result<PaymentEvent> read_event(std::string_view signature, std::string_view body, TimeMs now) override;
};

}  // namespace paytick::ingest::payments
