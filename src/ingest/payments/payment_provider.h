#pragma once
// The port to whoever takes real money for tokens. paytick keeps no orders: what was bought, and for whom,
// travels with the payment and comes back, signed, with the word that it was paid. That word becomes a
// `credit` line under a key made of the payment's id, so that it counts once however often it comes.
//
// Implementations are thread-safe. begin() and read_event() may wait for the provider: never on an event
// loop.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/error.h"
#include "model/ids.h"
#include "model/money.h"
#include "model/time.h"

namespace paytick::ingest::payments {

// More in one purchase is refused: what somebody may lose to a stolen card in one go.
inline constexpr std::int64_t kTokensMax = 1'000'000;
// Of a payment's id; with the prefix it must fit an idempotency key (model/inputs.h).
inline constexpr std::size_t kPaymentIdBytesMax = 120;

struct TokenPurchase {
  ViewerId viewer;
  MeterId meter;            // which is topped up
  std::int64_t tokens = 0;  // 1 … kTokensMax
  Amount amount;            // the same in the asset's smallest units
  std::int64_t price = 0;   // in the currency's smallest units (cents)
  std::string order;        // the same for a repeated request, different for every other; 1 … 128 bytes
};

// Where the buyer goes to pay, or that nothing is left to pay.
struct Checkout {
  std::string payment;  // the provider's id
  std::string url;      // empty when it is paid
  bool paid = false;
};

// What a provider says about a payment of ours.
struct PaymentEvent {
  enum class Kind : std::uint8_t {
    ignored,   // not ours, or nothing to do; `reason` says what it was
    paid,      // the viewer's meter is to be topped up
    reversed,  // the money was taken back: a chargeback, or a full refund
    refused    // ours, but it does not add up; `reason` is for the operator
  };
  Kind kind = Kind::ignored;
  ViewerId viewer;
  MeterId meter;
  Amount amount;        // of a payment, in the asset's smallest units
  std::string payment;  // the provider's id; the same each time that one payment is told
  std::string reason;   // in words, at most 200 bytes
};

class PaymentProvider {
 public:
  virtual ~PaymentProvider() = default;
  virtual std::string_view name() const = 0;

  // Codes: "payment_refused" (the provider will not have it), "try_again" (it cannot be reached).
  virtual Result<Checkout> begin(const TokenPurchase& purchase) = 0;

  // `signature` and `body` as they came over HTTP. Codes: "bad_signature", "stale_signature",
  // "malformed_json", "bad_field", "try_again".
  virtual Result<PaymentEvent> read_event(std::string_view signature, std::string_view body, TimeMs now) = 0;
};

// The key of the credit that a payment becomes: "pay:<provider>:<payment>".
std::string credit_key(const PaymentProvider& provider, std::string_view payment);

// What `tokens` cost at `price_per_100` smallest units of the currency for a hundred, rounded up. Nothing
// when it does not fit.
std::optional<std::int64_t> price_of(std::int64_t tokens, std::int64_t price_per_100);

}  // namespace paytick::ingest::payments
