#include "ingest/payments/development_provider.h"

#include "model/hash.h"

namespace paytick::ingest::payments {

Result<Checkout> DevelopmentProvider::begin(const TokenPurchase& purchase) {
  SessionId id;  // any 16 bytes with a text form
  blake2b("paytick:dev-payment:" + to_text(purchase.viewer) + ":" + purchase.order, id.bytes);
  return Checkout{to_text(id), {}, true};
}

Result<PaymentEvent> DevelopmentProvider::read_event(std::string_view, std::string_view, TimeMs) {
  return fail("bad_signature", "Play money sends no events.");
}

}  // namespace paytick::ingest::payments
