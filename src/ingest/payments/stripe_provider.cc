#include "ingest/payments/stripe_provider.h"

#include "ingest/payments/form.h"
#include "ingest/payments/stripe_events.h"
#include "ingest/payments/stripe_signature.h"

namespace paytick::ingest::payments {
namespace {

Error away() {
  return {"try_again", "The payment provider does not answer; send the same again in a moment.", Next::retry};
}

bool is_success(unsigned status) { return status >= 200 && status < 300; }
// Too many requests, another request under the same key under way, or trouble of their own.
bool is_passing(unsigned status) { return status == 429 || status == 409 || status >= 500; }

}  // namespace

Result<Checkout> StripeProvider::begin(const TokenPurchase& purchase) {
  std::vector<std::pair<std::string, std::string>> fields{
      {"mode", "payment"},
      {"success_url", settings_.success_url},
      {"cancel_url", settings_.cancel_url},
      {"client_reference_id", to_text(purchase.viewer)},
      {"line_items[0][quantity]", "1"},
      {"line_items[0][price_data][currency]", settings_.currency},
      {"line_items[0][price_data][unit_amount]", std::to_string(purchase.price)},
      {"line_items[0][price_data][product_data][name]", std::to_string(purchase.tokens) + " tokens"}};
  for (const auto& [name, value] : metadata_of(purchase, settings_.currency)) {
    fields.emplace_back("metadata[" + name + "]", value);
    // A refund or a dispute comes with the payment's metadata, not with the session's.
    fields.emplace_back("payment_intent_data[metadata][" + name + "]", value);
  }
  std::vector<FormField> form;
  form.reserve(fields.size());
  for (const auto& [name, value] : fields) form.emplace_back(name, value);

  const auto answer = api_->post("/v1/checkout/sessions", encode_form(form),
                                 "paytick:" + to_text(purchase.viewer) + ":" + purchase.order);
  if (!answer || is_passing(answer->status)) return tl::unexpected(away());
  if (!is_success(answer->status))
    return fail("payment_refused",
                "The payment provider refuses: " + stripe_error_message(answer->body) + ".");
  const auto page = parse_stripe_page(answer->body);
  if (!page) return tl::unexpected(away());
  return Checkout{page->id, page->url, false};
}

Result<PaymentEvent> StripeProvider::read_event(std::string_view signature, std::string_view body,
                                                TimeMs now) {
  if (auto genuine = verify_stripe_signature(signature, body, settings_.webhook_secrets, now); !genuine)
    return tl::unexpected(genuine.error());
  auto object = parse_stripe_event(std::string(body));
  if (!object) return tl::unexpected(object.error());
  const bool reversal =
      object->kind == StripeObject::Kind::dispute || object->kind == StripeObject::Kind::charge;
  if (reversal && !object->metadata && !object->payment_intent.empty()) {
    const auto answer = api_->get("/v1/payment_intents/" + percent_encode(object->payment_intent));
    if (!answer || (!is_success(answer->status) && answer->status != 404)) return tl::unexpected(away());
    if (answer->status != 404) {
      const auto metadata = parse_stripe_metadata(answer->body);
      if (!metadata) return tl::unexpected(away());
      object->metadata = *metadata;
    }
  }
  return judge(*object);
}

}  // namespace paytick::ingest::payments
