#pragma once
// Every code with which the gateway refuses something, and what it says in words. Codes are stable: clients
// and tests compare them. The fold's own codes ("foreign_meter", …) and the codec's ("malformed_json", …)
// pass through; public_code() says how a client sees them.

#include <string>
#include <string_view>

#include "model/error.h"

namespace paytick::ingest::code {

// What was sent
inline constexpr std::string_view kBadRequest = "bad_request";        // not HTTP/1.1
inline constexpr std::string_view kMalformedJson = "malformed_json";  // not one JSON object
inline constexpr std::string_view kBadUtf8 = "bad_utf8";              // text that is not UTF-8
inline constexpr std::string_view kTooDeep = "too_deep";            // nested deeper than codec::kJsonDepthMax
inline constexpr std::string_view kTooLarge = "too_large";          // a message, line or body above its limit
inline constexpr std::string_view kNotText = "not_text";            // a binary frame
inline constexpr std::string_view kUnknownType = "unknown_type";    // `type` is none we know
inline constexpr std::string_view kMissingField = "missing_field";  // the message names it
inline constexpr std::string_view kBadField = "bad_field";          // of another type or out of range
inline constexpr std::string_view kForbiddenField = "forbidden_field";  // in a topic: not a producer's to say
inline constexpr std::string_view kForbiddenType = "forbidden_type";    // likewise: a line of paytick's roles
inline constexpr std::string_view kTooManyLines = "too_many_lines";     // in one record of a topic
inline constexpr std::string_view kTrimmed = "trimmed";                 // lost to retention, unread
inline constexpr std::string_view kInvalidPlan = "invalid_plan";        // a rate plan outside its ranges
inline constexpr std::string_view kBadTime = "bad_time";                // negative or far in the future
inline constexpr std::string_view kLate = "late";                       // outside the bounds of time
inline constexpr std::string_view kBadResumeToken = "bad_resume_token";  // not one of ours
// What it names
inline constexpr std::string_view kUnknownContent = "unknown_content";
inline constexpr std::string_view kContentClosed = "content_closed";
inline constexpr std::string_view kPriceChanged = "price_changed";
inline constexpr std::string_view kUnknownContract = "unknown_contract";  // no meter that we know
inline constexpr std::string_view kForeignContract = "foreign_contract";  // somebody else's meter
inline constexpr std::string_view kUnknownSession = "unknown_session";    // send its open again
inline constexpr std::string_view kSessionClosed = "session_closed";      // open anew, with a new attachment
inline constexpr std::string_view kSessionConflict =
    "session_conflict";  // the name belongs to another viewer
inline constexpr std::string_view kNotFound = "not_found";
inline constexpr std::string_view kMethodNotAllowed = "method_not_allowed";
// Who sent it
inline constexpr std::string_view kUnauthorized = "unauthorized";
inline constexpr std::string_view kForbidden = "forbidden";
inline constexpr std::string_view kRateLimited = "rate_limited";
// What was asked of the money (most are the fold's own words)
inline constexpr std::string_view kKeyConflict = "key_conflict";   // the key with another payload
inline constexpr std::string_view kTooManyKeys = "too_many_keys";  // of this viewer, remembered
inline constexpr std::string_view kBadAmount = "bad_amount";       // of nothing, less, or too much
inline constexpr std::string_view kBalance = "balance";            // more than can be spent
inline constexpr std::string_view kLimit = "limit";                // the viewer's own limit would be passed
inline constexpr std::string_view kPaused = "paused";              // by the viewer
inline constexpr std::string_view kFrozen = "frozen";              // on suspicion
inline constexpr std::string_view kRefund = "refund";              // the rest of the meter was asked for
inline constexpr std::string_view kNotJoined = "not_joined";       // the stream wants a join first
inline constexpr std::string_view kTicketRequired = "ticket_required";  // the stream wants a ticket first
inline constexpr std::string_view kNotPlaying = "not_playing";          // nothing of this content is open
// What we cannot do now
inline constexpr std::string_view kTryAgain =
    "try_again";                                           // busy, or in doubt: the same message again, later
inline constexpr std::string_view kLogFull = "log_full";   // no space: nothing was taken
inline constexpr std::string_view kDraining = "draining";  // shutting down: connect again
inline constexpr std::string_view kTimeout = "timeout";    // the request did not arrive in time
inline constexpr std::string_view kCatalogFull = "catalog_full";
inline constexpr std::string_view kInternal = "internal";

}  // namespace paytick::ingest::code

namespace paytick::ingest {

// The HTTP status that fits a code; 400 for codes that are not listed above.
unsigned http_status(std::string_view code);

// {"error":{"code":"…","message":"…"}}
std::string render_http_error(const Error& error);

// How a client sees a refusal of the fold: its code among those above, with words.
Error public_error(std::string_view fold_code);

// Whether a refusal of the fold means that the attachment is not, or no longer, open; false for what concerns
// one heartbeat alone, and for the empty code.
bool ends_attachment(std::string_view fold_code);

// How a client sees a failed append: "log_full", or "try_again" for everything that a retry may mend. A retry
// is free, even after an in-doubt answer, because ticks are a set.
Error append_error(const Error& error);

}  // namespace paytick::ingest
