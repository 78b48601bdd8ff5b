#pragma once
// The codes of `rejected` lines, and of Reply::refused. Stable: gateways answer with them, tests and tools
// compare them. A code of the codec (model/codec.h) stands in a `rejected` line for what could not be read.

#include <string_view>

#include "model/outputs.h"

namespace paytick::aggregator::code {

inline constexpr std::string_view kWrongPartition = "wrong_partition";        // the viewer belongs elsewhere
inline constexpr std::string_view kUnknownAttachment = "unknown_attachment";  // never opened, left, or closed
inline constexpr std::string_view kUnknownSession = "unknown_session";        // not open, or another viewer's
inline constexpr std::string_view kForeignMeter = "foreign_meter";            // registered to another viewer
inline constexpr std::string_view kBeforeStart = "before_start";  // a heartbeat before its session
inline constexpr std::string_view kOutOfRange = "out_of_range";   // a tick beyond kTickMax
inline constexpr std::string_view kContentClosed = "content_closed";
inline constexpr std::string_view kTooManySessions = "too_many_sessions";        // kSessionsMax
inline constexpr std::string_view kTooManyAttachments = "too_many_attachments";  // kAttachmentsMax
inline constexpr std::string_view kTooManyGateways = "too_many_gateways";        // kLivesMax
inline constexpr std::string_view kTooManyKeys = "too_many_keys";                // kKeysMax; HTTP 429
inline constexpr std::string_view kKeyConflict = "key_conflict";  // the key with another payload; HTTP 409
inline constexpr std::string_view kClaimConflict = "claim_conflict";  // the claim of another ticket; HTTP 409
inline constexpr std::string_view kBadAmount = "bad_amount";          // a charge or credit of nothing or less
inline constexpr std::string_view kBalance = "balance";               // a charge above what is spendable
inline constexpr std::string_view kLimit = "limit";                   // a charge above the viewer's limit
inline constexpr std::string_view kNotJoined = "not_joined";          // an open where only who joined may
inline constexpr std::string_view kNoTicket = "no_ticket";  // an open where only who has a ticket may
inline constexpr std::string_view kBadPlan = "bad_plan";    // a call whose plan gives ticks back
inline constexpr std::string_view kAhead = "ahead";         // a metering for a time that has not come
inline constexpr std::string_view kPaused = "paused";
inline constexpr std::string_view kFrozen = "frozen";
inline constexpr std::string_view kRefund = "refund";              // the meter is being refunded
inline constexpr std::string_view kContent = "content";            // a call's content was closed
inline constexpr std::string_view kOverflow = "overflow";          // a sum would not fit 64 bits
inline constexpr std::string_view kLineTooLong = "line_too_long";  // above codec::kLineBytesMax

// Not of a `rejected` line, but of the reply to an input that was put on record as `late`.
inline constexpr std::string_view kLate = "late";

// Why a session is halted, as the refusal of a command that it was to pay for.
inline constexpr std::string_view of(HaltReason reason) {
  switch (reason) {
    case HaltReason::balance:
      return kBalance;
    case HaltReason::limit:
      return kLimit;
    case HaltReason::paused:
      return kPaused;
    case HaltReason::frozen:
      return kFrozen;
    case HaltReason::refund:
      return kRefund;
    case HaltReason::content:
      break;
  }
  return kContent;
}

}  // namespace paytick::aggregator::code
