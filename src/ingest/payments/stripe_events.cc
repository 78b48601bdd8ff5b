#include "ingest/payments/stripe_events.h"

#include <charconv>

#include "model/json.h"

namespace paytick::ingest::payments {
namespace {

constexpr std::size_t kWordsBytesMax = 200;

std::string text_of(const json::Value& object, std::string_view name) {
  const auto member = object.member(name);
  if (!member) return {};
  const auto text = member.value().string();
  return text ? std::string(*text) : std::string();
}

std::optional<std::int64_t> number_of(const json::Value& object, std::string_view name) {
  const auto member = object.member(name);
  return member ? member.value().integer() : std::nullopt;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<StripeMetadata> read_metadata(const json::Value& object) {
  const auto member = object.member("metadata");
  if (!member || !member.value().is_object()) return std::nullopt;
  const json::Value map = member.value();
  const auto viewer = parse_id<ViewerId>(text_of(map, "paytick_viewer"));
  const auto meter = parse_id<MeterId>(text_of(map, "paytick_meter"));
  const auto units = number(text_of(map, "paytick_units"));
  const auto price = number(text_of(map, "paytick_price"));
  if (!viewer || !meter || !units || *units <= 0 || !price || *price < 0) return std::nullopt;
  return StripeMetadata{*viewer, *meter, Amount(*units), *price, text_of(map, "paytick_currency")};
}

PaymentEvent event_of(PaymentEvent::Kind kind, const StripeMetadata& metadata, std::string payment,
                      std::string reason) {
  return {kind, metadata.viewer, metadata.meter, metadata.amount, std::move(payment), std::move(reason)};
}

PaymentEvent ignored(std::string reason) {
  PaymentEvent event;
  event.reason = std::move(reason);
  return event;
}

PaymentEvent judge_session(const StripeObject& session) {
  if (session.status != "paid") return ignored("not paid yet");
  const StripeMetadata& bought = *session.metadata;
  if (session.total < bought.price || session.currency != bought.currency) {
    return event_of(PaymentEvent::Kind::refused, bought, session.id, "another sum was paid than was asked");
  }
  if (session.id.size() > kPaymentIdBytesMax)
    return event_of(PaymentEvent::Kind::refused, bought, {}, "the payment's id is too long");
  return event_of(PaymentEvent::Kind::paid, bought, session.id, "purchase");
}

}  // namespace

std::vector<std::pair<std::string, std::string>> metadata_of(const TokenPurchase& purchase,
                                                             std::string_view currency) {
  return {{"paytick_viewer", to_text(purchase.viewer)},
          {"paytick_meter", to_text(purchase.meter)},
          {"paytick_tokens", std::to_string(purchase.tokens)},
          {"paytick_units", std::to_string(purchase.amount.units())},
          {"paytick_price", std::to_string(purchase.price)},
          {"paytick_currency", std::string(currency)}};
}

Result<StripeObject> parse_stripe_event(std::string body) {
  json::Document document;
  const auto event = document.parse(body.data(), body.size(), json::kDepthMost);
  if (!event) return tl::unexpected(event.error());
  StripeObject out;
  out.type = text_of(*event, "type");
  if (out.type == "checkout.session.completed" || out.type == "checkout.session.async_payment_succeeded") {
    out.kind = StripeObject::Kind::session;
  } else if (out.type == "charge.dispute.created") {
    out.kind = StripeObject::Kind::dispute;
  } else if (out.type == "charge.refunded") {
    out.kind = StripeObject::Kind::charge;
  } else if (out.type.empty()) {
    return fail("bad_field", "This is no event of Stripe's.");
  } else {
    return out;
  }
  const auto data = event->member("data");
  const auto inner = data && data.value().is_object() ? data.value().member("object") : json::Value::Member{};
  if (!inner || !inner.value().is_object()) return fail("bad_field", "The event has no object.");
  const json::Value object = inner.value();
  out.id = text_of(object, "id");
  if (out.id.empty()) return fail("bad_field", "The event's object has no id.");
  out.payment_intent = text_of(object, "payment_intent");
  out.status = text_of(object, out.kind == StripeObject::Kind::session ? "payment_status" : "reason");
  out.total = number_of(object, "amount_total").value_or(-1);
  out.currency = text_of(object, "currency");
  const auto refunded = object.member("refunded");
  out.refunded = refunded && refunded.value().boolean().value_or(false);
  out.metadata = read_metadata(object);
  return out;
}

Result<std::optional<StripeMetadata>> parse_stripe_metadata(std::string object) {
  json::Document document;
  const auto read = document.parse(object.data(), object.size(), json::kDepthMost);
  if (!read) return tl::unexpected(read.error());
  return read_metadata(*read);
}

Result<StripePage> parse_stripe_page(std::string body) {
  json::Document document;
  const auto read = document.parse(body.data(), body.size(), json::kDepthMost);
  if (!read) return tl::unexpected(read.error());
  StripePage page{text_of(*read, "id"), text_of(*read, "url")};
  if (page.id.empty() || !page.url.starts_with("http"))
    return fail("bad_field", "Stripe's answer names no page to pay on.");
  return page;
}

std::string stripe_error_message(std::string body) {
  json::Document document;
  const auto read = document.parse(body.data(), body.size(), json::kDepthMost);
  std::string words;
  if (read) {
    const auto error = read->member("error");
    if (error) words = text_of(error.value(), "message");
  }
  if (words.empty()) words = "no reason was given";
  if (words.size() > kWordsBytesMax) words.resize(kWordsBytesMax);
  while (!words.empty() && !json::is_utf8(words)) words.pop_back();  // cut within a character
  return words;
}

PaymentEvent judge(const StripeObject& object) {
  if (object.kind == StripeObject::Kind::other) return ignored(object.type);
  if (!object.metadata) return ignored(object.type + " of something that was not bought here");
  const std::string of = object.payment_intent.empty() ? object.id : object.payment_intent;
  switch (object.kind) {
    case StripeObject::Kind::session:
      return judge_session(object);
    case StripeObject::Kind::dispute:
      return event_of(PaymentEvent::Kind::reversed, *object.metadata, of,
                      "chargeback of " + of.substr(0, 100) + ": " + object.status.substr(0, 60));
    case StripeObject::Kind::charge:
      if (!object.refunded) return ignored("part of " + of + " was refunded");
      return event_of(PaymentEvent::Kind::reversed, *object.metadata, of,
                      "the payment " + of.substr(0, 100) + " was refunded");
    case StripeObject::Kind::other:
      break;
  }
  return ignored(object.type);
}

}  // namespace paytick::ingest::payments
