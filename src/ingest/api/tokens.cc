#include "ingest/api/tokens.h"

#include <utility>

#include "ingest/api/idempotency.h"
#include "ingest/api/payer.h"
#include "ingest/errors.h"
#include "ingest/json_answer.h"
#include "ingest/json_body.h"

namespace paytick::ingest {
namespace {

using payments::PaymentEvent;
using payments::TokenPurchase;

Error busy() {
  return {std::string(code::kTryAgain), "Too many payments wait; send the same again in a moment.",
          Next::retry};
}

Error not_sold() { return {std::string(code::kNotFound), "Tokens are not sold here."}; }

Result<TokenPurchase> read_purchase(const HttpRequest& request, const ShowParts& parts,
                                    const TokenSale& sale) {
  const auto payer = payer_of(request, parts.meters);
  if (!payer) return tl::unexpected(payer.error());
  auto key = idempotency_key(request);
  if (!key) return tl::unexpected(key.error());
  const auto body = Body::parse(request.body);
  if (!body) return tl::unexpected(body.error());
  const auto tokens = body->integer("amountTokens", 1, kTokensMax);
  if (!tokens) return tl::unexpected(tokens.error());
  if (!*tokens) return missing("amountTokens");
  const auto price = payments::price_of(**tokens, sale.price_per_100);
  if (!price) return fail(code::kBadField, "So many tokens are not sold at once.");
  return TokenPurchase{payer->viewer, payer->meter,   **tokens, amount_of(**tokens, parts.money),
                       *price,        std::move(*key)};
}

HttpResponse purchase_answer(const TokenPurchase& purchase, const payments::Checkout& checkout,
                             const Result<Outcome>& outcome, const ShowMoney& money) {
  if (!outcome) return error_response(outcome.error());
  if (auto error = refusal(*outcome)) return error_response(*error);
  JsonAnswer json;
  json.text("paymentId", checkout.payment).text("status", checkout.paid ? "paid" : "pending");
  if (!checkout.url.empty()) json.text("checkoutUrl", checkout.url);
  json.integer("amountTokens", purchase.tokens).decimal("amount", purchase.amount);
  add_balance(json, outcome->spendable, money);
  return json.response();
}

Credit credit_of(const payments::PaymentProvider& provider, const ViewerId& viewer, const MeterId& meter,
                 Amount amount, std::string_view payment) {
  Credit credit;
  credit.viewer = viewer;
  credit.meter = meter;
  credit.amount = amount;
  credit.key = payments::credit_key(provider, payment);
  credit.reason = "purchase";
  return credit;
}

// On a worker: asks the provider, then the fold.
void buy(const ShowParts& parts, const TokenSale& sale, const TokenPurchase& purchase,
         const Respond& respond) {
  const auto checkout = sale.provider->begin(purchase);
  if (!checkout) return respond(error_response(checkout.error()));
  const auto answer = [purchase, checkout = *checkout, money = parts.money,
                       respond](const Result<Outcome>& outcome) {
    respond(purchase_answer(purchase, checkout, outcome, money));
  };
  if (checkout->paid) {
    return parts.commands.submit(
        purchase.viewer,
        credit_of(*sale.provider, purchase.viewer, purchase.meter, purchase.amount, checkout->payment),
        answer);
  }
  Ask ask;  // nothing is bought yet
  ask.viewer = purchase.viewer;
  ask.meter = purchase.meter;
  parts.commands.submit(purchase.viewer, ask, answer);
}

HttpResponse received() {
  JsonAnswer json;
  return json.boolean("received", true).response();
}

// The provider tries again what is not answered 200. What it cannot mend is for the operator.
HttpResponse settled(const TokenSale& sale, const PaymentEvent& event, const Result<Outcome>& outcome) {
  if (!outcome) return error_response(outcome.error());
  if (outcome->refused == code::kTooManyKeys) return error_response(busy());
  if (auto error = refusal(*outcome)) {
    sale.note("payment " + event.payment + " of " + to_text(event.viewer) +
              " could not be put on record: " + error->message);
  }
  return received();
}

void take_event(const ShowParts& parts, const TokenSale& sale, const PaymentEvent& event,
                const Respond& respond) {
  const auto done = [sale, event, respond](const Result<Outcome>& outcome) {
    respond(settled(sale, event, outcome));
  };
  switch (event.kind) {
    case PaymentEvent::Kind::ignored:
      return respond(received());
    case PaymentEvent::Kind::refused:
      sale.note("payment " + event.payment + " of " + to_text(event.viewer) +
                " is not credited: " + event.reason);
      return respond(received());
    case PaymentEvent::Kind::paid:
      return parts.commands.submit(
          event.viewer, credit_of(*sale.provider, event.viewer, event.meter, event.amount, event.payment),
          done);
    case PaymentEvent::Kind::reversed: {
      sale.note("account " + to_text(event.viewer) + " is frozen: " + event.reason);
      Freeze freeze;
      freeze.viewer = event.viewer;
      freeze.reason = event.reason;
      return parts.commands.submit(event.viewer, freeze, done);
    }
  }
}

// On a worker: a chargeback asks the provider whose payment it was.
void hear(const ShowParts& parts, const TokenSale& sale, const HttpRequest& request, const Respond& respond) {
  const auto event =
      sale.provider->read_event(request.header("stripe-signature"), request.body, parts.clock.now());
  if (!event) return respond(error_response(event.error()));
  take_event(parts, sale, *event, respond);
}

}  // namespace

void add_token_routes(HttpRoutes& routes, const ShowParts& parts, const TokenSale& sale) {
  routes.add_async(
      "POST", "/api/tokens/purchase", [parts, sale](const HttpRequest& request, const Respond& respond) {
        const auto purchase = read_purchase(request, parts, sale);
        if (!purchase) return respond(error_response(purchase.error()));
        if (sale.provider == nullptr) return respond(error_response(not_sold()));
        if (!sale.run([parts, sale, purchase = *purchase, respond] { buy(parts, sale, purchase, respond); }))
          respond(error_response(busy()));
      });
  routes.add_async("POST", "/api/payments/stripe/webhook",
                   [parts, sale](const HttpRequest& request, const Respond& respond) {
                     if (sale.provider == nullptr) return respond(error_response(not_sold()));
                     if (!sale.run([parts, sale, request, respond] { hear(parts, sale, request, respond); }))
                       respond(error_response(busy()));
                   });
}

}  // namespace paytick::ingest
