#include "ingest/errors.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <utility>

namespace paytick::ingest {
namespace {

constexpr auto kStatuses = std::to_array<std::pair<std::string_view, unsigned>>({
    {code::kTooLarge, 413},
    {code::kUnknownContent, 404},
    {code::kContentClosed, 410},
    {code::kPriceChanged, 409},
    {code::kUnknownContract, 404},
    {code::kForeignContract, 403},
    {code::kUnknownSession, 404},
    {code::kSessionClosed, 409},
    {code::kSessionConflict, 409},
    {code::kNotFound, 404},
    {code::kMethodNotAllowed, 405},
    {code::kUnauthorized, 401},
    {code::kForbidden, 403},
    {code::kRateLimited, 429},
    {code::kTryAgain, 503},
    {code::kLogFull, 507},
    {code::kDraining, 503},
    {code::kTimeout, 408},
    {code::kCatalogFull, 507},
    {code::kInternal, 500},
    {code::kInvalidPlan, 422},
    {code::kBadField, 400},
    {code::kKeyConflict, 409},
    {code::kTooManyKeys, 429},
    {code::kBalance, 402},
    {code::kLimit, 402},
    {code::kPaused, 423},
    {code::kFrozen, 423},
    {code::kRefund, 423},
    {code::kNotJoined, 403},
    {code::kTicketRequired, 403},
    {code::kNotPlaying, 404},
    {"payment_refused", 402},
    {"database_away", 503},
    {"in_doubt", 503},
});

// What the fold refuses a command with, and what to do about it.
constexpr auto kCommandWords = std::to_array<std::pair<std::string_view, std::string_view>>({
    {code::kKeyConflict, "This Idempotency-Key was used for another payment; take a new one."},
    {code::kTooManyKeys, "Too many payments in a short time; wait before the next."},
    {code::kBadAmount, "The amount must be above 0 and fit what the asset can express."},
    {"overflow", "The amount must be above 0 and fit what the asset can express."},
    {code::kBalance, "The meter does not hold enough; top it up and try again."},
    {code::kLimit, "This would pass the spending limit; raise the limit and try again."},
    {code::kPaused, "Payments are paused; resume them first."},
    {code::kFrozen, "The account is frozen; ask the platform's support."},
    {code::kRefund, "A refund of this meter was asked for; wait until it is done."},
    {code::kNotJoined, "Join the stream first: POST /api/streams/:id/join."},
    {code::kTicketRequired, "Buy a ticket first: POST /api/streams/:id/tickets/checkout."},
});

}  // namespace

unsigned http_status(std::string_view code) {
  const auto* it = std::ranges::find(kStatuses, code, &std::pair<std::string_view, unsigned>::first);
  return it == kStatuses.end() ? 400U : it->second;
}

std::string render_http_error(const Error& error) {
  rapidjson::StringBuffer out;
  rapidjson::Writer<rapidjson::StringBuffer> json(out);
  const auto text = [&json](std::string_view s) {
    json.String(s.data(), static_cast<rapidjson::SizeType>(s.size()));
  };
  json.StartObject();
  json.Key("error");
  json.StartObject();
  json.Key("code");
  text(error.code);
  json.Key("message");
  text(error.message);
  json.EndObject();
  json.EndObject();
  return {out.GetString(), out.GetSize()};
}

Error public_error(std::string_view fold_code) {
  if (fold_code == "foreign_meter" || fold_code == code::kForeignContract) {
    return {std::string(code::kForeignContract), "This meter is registered to another viewer."};
  }
  if (fold_code == code::kLate) {
    return {std::string(code::kLate), "The time lies outside what is still accepted; check the clock."};
  }
  if (fold_code == "unknown_attachment" || fold_code == "closed" || fold_code == code::kSessionClosed) {
    return {std::string(code::kSessionClosed), "The session has ended; open it again."};
  }
  if (fold_code == code::kContentClosed) return {std::string(fold_code), "This content was closed."};
  if (fold_code == "before_start") return {std::string(fold_code), "The time lies before the session began."};
  if (fold_code.starts_with("too_many_")) {
    return {std::string(fold_code), "The viewer has too much open at once; end something first."};
  }
  if (fold_code == "no_ticket") return public_error(code::kTicketRequired);
  if (fold_code == "claim_conflict") return public_error(code::kKeyConflict);
  const auto* const words =
      std::ranges::find(kCommandWords, fold_code, &std::pair<std::string_view, std::string_view>::first);
  if (words != kCommandWords.end()) return {std::string(fold_code), std::string(words->second)};
  return {std::string(fold_code), "The billing rules refused this message."};
}

bool ends_attachment(std::string_view fold_code) {
  return !fold_code.empty() && fold_code != code::kLate && fold_code != "before_start" &&
         fold_code != "out_of_range";
}

Error append_error(const Error& error) {
  if (error.code == code::kLogFull) {
    return {std::string(code::kLogFull), "The log has no space left; nothing was taken. Try again later.",
            Next::retry};
  }
  return {std::string(code::kTryAgain), "It could not be written now; send the same again in a moment.",
          Next::retry};
}

}  // namespace paytick::ingest
