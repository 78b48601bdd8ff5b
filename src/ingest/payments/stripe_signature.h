#pragma once
// Stripe's signature of a webhook: the header `Stripe-Signature: t=<unix seconds>,v1=<hex>[,v1=<hex>…]`,
// where each v1 is HMAC-SHA256 of "<t>.<body>" under an endpoint's secret, as it is written in the dashboard
// ("whsec_…", prefix included). While a secret is rolled there are several v1, one a secret; elements of
// other names (v0) say nothing. Pure.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "model/error.h"
#include "model/time.h"

namespace paytick::ingest::payments {

// How far `t` may be from our own time, either way: what was recorded earlier cannot be played again.
inline constexpr std::int64_t kSignatureToleranceS = 300;
inline constexpr std::size_t kSignatureHeaderBytesMax = 4'096;
inline constexpr std::size_t kSignaturesMax = 16;  // in one header

// Codes: "bad_signature" (no header of this form, or no v1 that fits any of the secrets), "stale_signature"
// (it fits, but `t` lies outside the tolerance). Every v1 is compared with every secret in constant time.
Result<void> verify_stripe_signature(std::string_view header, std::string_view body,
                                     std::span<const std::string> secrets, TimeMs now,
                                     std::int64_t tolerance_s = kSignatureToleranceS);

// A header as Stripe would send it, for tests and for playing Stripe's part.
std::string make_stripe_signature(std::string_view body, std::string_view secret, std::int64_t unix_s);

}  // namespace paytick::ingest::payments
