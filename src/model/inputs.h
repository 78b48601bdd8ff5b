#pragma once
// Lines of the topic `heartbeats` (key: viewer): every input of the fold, in the order it sees them.
// DESIGN.md §4 names them, schemas/heartbeats.schema.json fixes their JSON. The time at which the log took a
// line is not in the line: it is the record's append time.
//
// A line that concerns a viewer names the account or an attachment of it; `content`, `gateway`, `clock`,
// `payout` and `metering` without a viewer are written to every partition.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "model/ids.h"
#include "model/money.h"
#include "model/plan.h"
#include "model/time.h"

namespace paytick {

// Free text in events is bounded; longer is refused where it enters.
inline constexpr std::size_t kReferenceBytesMax = 128;  // platform's own names, idempotency keys
inline constexpr std::size_t kReasonBytesMax = 256;
inline constexpr std::size_t kMessageBytesMax = 500;  // of a tip

// How long after the fact a heartbeat may arrive (DESIGN.md §3, Bounds).
inline constexpr std::int64_t kLateMsDefault = 600'000;
inline constexpr std::int64_t kLateMsMax = 7 * 86'400'000LL;  // a platform key with the backfill scope
inline constexpr std::int64_t kAheadMs = 5'000;

// Whom the fold tells how a command ended (Outcome in reply.h). A zero gateway: nobody waits for it.
struct ReplyTo {
  GatewayId gateway;
  CommandId command;
  friend bool operator==(const ReplyTo&, const ReplyTo&) = default;
};

struct Open {
  SessionId session;        // of the session, if a new one begins
  AttachmentId attachment;  // never used twice
  ViewerId viewer;
  MeterId meter;
  ContentId content;
  CreatorId creator;
  TimeMs at;
  Plan plan;
  GatewayId gateway;                // zero: bound to no gateway's life (platform sessions over HTTP)
  std::uint64_t boot = 0;           // which start of that gateway; grows
  std::optional<SessionId> resume;  // the session to continue; the gateway has checked the resume token
  PlatformId platform;              // whose API key opened it; zero: none (development mode)
  std::string reference;            // the platform's own name for the session, or empty
  std::int64_t late_ms = kLateMsDefault;
  bool join_required = false;    // rejected unless the viewer has joined the content
  bool ticket_required = false;  // rejected unless the viewer holds a ticket of the content
  bool call = false;             // billed in blocks by `metering` lines; the plan gives nothing back
  friend bool operator==(const Open&, const Open&) = default;
};

struct Heartbeat {
  SessionId session;  // as the attachment's open named it
  AttachmentId attachment;
  std::uint64_t seq = 0;
  TimeMs at;
  friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};

struct Stop {
  SessionId session;
  AttachmentId attachment;
  TimeMs at;
  friend bool operator==(const Stop&, const Stop&) = default;
};

struct Pause {
  ViewerId viewer;
  std::optional<SessionId> session;  // absent: everything the viewer has
  ReplyTo reply = {};
  friend bool operator==(const Pause&, const Pause&) = default;
};

struct Resume {
  ViewerId viewer;
  std::optional<SessionId> session;
  ReplyTo reply = {};
  friend bool operator==(const Resume&, const Resume&) = default;
};

enum class Period : std::uint8_t { total = 0, day = 1, month = 2 };  // day and month in UTC

struct Limit {
  ViewerId viewer;
  Amount amount;
  Period period = Period::total;
  ReplyTo reply = {};
  friend bool operator==(const Limit&, const Limit&) = default;
};

struct Freeze {
  ViewerId viewer;
  std::string reason;
  ReplyTo reply = {};
  friend bool operator==(const Freeze&, const Freeze&) = default;
};

struct Unfreeze {
  ViewerId viewer;
  std::string reason;
  ReplyTo reply = {};
  friend bool operator==(const Unfreeze&, const Unfreeze&) = default;
};

enum class ChargeKind : std::uint8_t { tip = 0, ticket = 1, block = 2 };

struct Charge {
  ViewerId viewer;
  MeterId meter;
  CreatorId creator;
  std::uint16_t bps = 0;
  ChargeKind kind = ChargeKind::tip;
  std::string key;  // idempotency key, 1 … kReferenceBytesMax bytes
  Amount amount;
  std::string message = {};  // a tip's words, up to kMessageBytesMax; nobody's money depends on them
  std::string channel = {};  // the room it was sent in, up to kReferenceBytesMax, or empty
  ContentId content = {};    // what a ticket is for, or a tip was given during; zero: nothing
  ReplyTo reply = {};
  // A ticket's key is made of its stream, so that nobody buys two. Under which idempotency key it was asked
  // for is kept beside it: the same one for another stream is refused. Empty: under none.
  std::string claim = {};
  friend bool operator==(const Charge&, const Charge&) = default;
};

struct Credit {
  ViewerId viewer;
  MeterId meter;
  Amount amount;
  std::string key;
  std::string reason;
  std::string corrects;  // what it corrects: a session's or charge's name, or empty
  ReplyTo reply = {};
  std::string claim = {};  // as a charge's, of what is given back once and has a key of its own for that
  ContentId content = {};  // whose ticket is given back: remembered as long as the ticket; zero: no ticket's
  friend bool operator==(const Credit&, const Credit&) = default;
};

// The viewer comes in: remembered until the content closes, refused where less than `minimum` is spendable.
struct Join {
  ViewerId viewer;
  MeterId meter;
  ContentId content;
  Amount minimum;
  ReplyTo reply = {};
  friend bool operator==(const Join&, const Join&) = default;
};

// Asks how things stand, in the order of the log, so that whoever asks sees what he has done before. Changes
// nothing. What is zero or empty is not asked for.
struct Ask {
  ViewerId viewer;
  MeterId meter;
  ContentId content;  // whether it was joined
  SessionId session;
  std::string key;  // of a charge: whether it was made
  ReplyTo reply = {};
  friend bool operator==(const Ask&, const Ask&) = default;
};

// Running calls buy the blocks that have begun by `at`. Without a viewer and a session: all calls of the
// partition.
struct Metering {
  ViewerId viewer;
  SessionId session;
  TimeMs at;
  ReplyTo reply = {};
  friend bool operator==(const Metering&, const Metering&) = default;
};

// What is due to the creator is to be settled now, whatever the settlement policy says.
struct Payout {
  CreatorId creator;
  // With an idempotency key it concerns the partition of the creator's own account alone, which remembers
  // the key and what was pending then, and answers. Empty: every partition.
  std::string key = {};
  std::optional<Amount> pending = {};  // as far as it was known
  ReplyTo reply = {};
  friend bool operator==(const Payout&, const Payout&) = default;
};

// Totals of a meter as the chain reports them. The newest wins, so a repeated, missed or reordered report
// does no harm. Whether a refund is pending is one of them: it says so to whoever missed the request, and
// that it is over even when nothing was left to pay out.
struct MeterReport {
  ViewerId viewer;  // as registered with the router
  MeterId meter;
  Amount deposited;
  Amount refunded;
  Amount paid;
  Amount allowance;
  std::uint64_t version = 0;  // grows with each change on chain
  std::uint32_t ledger = 0;
  TimeMs refund_at;  // of the pending request for a refund; 0: none is pending
  TxHash tx = {};    // what moved deposited or refunded, if one of them moved; zero: unknown
  friend bool operator==(const MeterReport&, const MeterReport&) = default;
};

struct RefundRequest {
  ViewerId viewer;
  MeterId meter;
  Amount total;  // the meter's balance when the viewer asked
  std::uint32_t ledger = 0;
  friend bool operator==(const RefundRequest&, const RefundRequest&) = default;
};

struct ContentClosed {
  ContentId content;
  friend bool operator==(const ContentClosed&, const ContentClosed&) = default;
};

struct GatewayStarted {
  GatewayId gateway;
  std::uint64_t boot = 0;
  friend bool operator==(const GatewayStarted&, const GatewayStarted&) = default;
};

struct Clock {
  friend bool operator==(const Clock&, const Clock&) = default;
};

using Input =
    std::variant<Heartbeat, Open, Stop, Pause, Resume, Limit, Freeze, Unfreeze, Charge, Credit, MeterReport,
                 RefundRequest, ContentClosed, GatewayStarted, Clock, Join, Ask, Metering, Payout>;

}  // namespace paytick
