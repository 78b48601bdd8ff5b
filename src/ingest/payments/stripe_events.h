#pragma once
// What we read of Stripe's objects, and what they mean. Pure: text in, values out.
//
// Events: checkout.session.completed and checkout.session.async_payment_succeeded (a payment, where its
// status is "paid"), charge.dispute.created (a chargeback) and charge.refunded (where all of it went back).
// All others are none of ours.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/payments/form.h"
#include "ingest/payments/payment_provider.h"

namespace paytick::ingest::payments {

// A purchase as it travels in a payment's metadata, which Stripe gives back as it was.
std::vector<std::pair<std::string, std::string>> metadata_of(const TokenPurchase& purchase,
                                                             std::string_view currency);

struct StripeMetadata {
  ViewerId viewer;
  MeterId meter;
  Amount amount;
  std::int64_t price = 0;
  std::string currency;
};

struct StripeObject {
  enum class Kind : std::uint8_t { other, session, dispute, charge };
  Kind kind = Kind::other;
  std::string type;            // of the event
  std::string id;              // of the object
  std::string payment_intent;  // "pi_…", or empty
  std::string status;          // payment_status of a session, reason of a dispute
  std::int64_t total = -1;     // amount_total of a session
  std::string currency;
  bool refunded = false;                   // of a charge: all of it
  std::optional<StripeMetadata> metadata;  // where it is ours, whole
};

// Codes: "malformed_json", "bad_field" (no event, or one without what its type must have).
Result<StripeObject> parse_stripe_event(std::string body);

// The metadata of an object that was asked for by its id; nothing when it is not ours.
Result<std::optional<StripeMetadata>> parse_stripe_metadata(std::string object);

struct StripePage {
  std::string id, url;
};
// The answer to the creation of a checkout session.
Result<StripePage> parse_stripe_page(std::string body);

// The message of an error's body, or a general one; at most 200 bytes.
std::string stripe_error_message(std::string body);

// A session or charge with its metadata, as the event it is. `ignored` where there is no metadata.
PaymentEvent judge(const StripeObject& object);

}  // namespace paytick::ingest::payments
