#pragma once
// Lines of the topic `ticks`: what the fold says, and the money truth. Co-partitioned with `heartbeats`.
// schemas/ticks.schema.json fixes their JSON, schemas/PROOF.md what their proofs cover.
//
// A line names its (meter, creator, bps) by a number, its SumId, which a `sum` line has introduced earlier in
// the same partition, and its session by an id that an `opened` line has introduced. That keeps a tick below
// 300 bytes; a reader keeps the sums (few bytes each) and needs the sessions only if it reports on them.
// Each money line carries the cumulative `charged` and `due` of its sum after the line.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "model/ids.h"
#include "model/inputs.h"
#include "model/money.h"
#include "model/plan.h"
#include "model/time.h"

namespace paytick {

// First line of every record in `ticks` and `settlements`. The record's lines follow it.
// A frame that does not fit one record is continued: all its records but the last have `more` set and
// cover nothing (to == from); the last covers [from, to). The hash of a record is over its bytes; `prev`
// links it to the record before it, ignored frames skipped.
struct FrameHeader {
  PartitionId partition{};
  Epoch epoch{};
  Offset from{};
  Offset to{};
  FrameHash prev;
  std::uint32_t fold = 0;  // version of the rules that wrote it
  std::uint32_t n = 0;     // lines that follow
  bool more = false;
  friend bool operator==(const FrameHeader&, const FrameHeader&) = default;
};

// A new owner's first word. After it every reader ignores lower epochs. Its record holds nothing else.
struct Fence {
  PartitionId partition{};
  Epoch epoch{};
  OwnerId owner;
  friend bool operator==(const Fence&, const Fence&) = default;
};

struct SumLine {
  SumId sum{};
  ViewerId viewer;
  MeterId meter;
  CreatorId creator;
  std::uint16_t bps = 0;
  friend bool operator==(const SumLine&, const SumLine&) = default;
};

struct OpenedLine {
  SessionId session;
  SumId sum{};
  ViewerId viewer;
  ContentId content;
  Plan plan;
  TimeMs start;
  PlatformId platform;
  std::string reference;
  Proof proof;  // first link of the session's chain
  friend bool operator==(const OpenedLine&, const OpenedLine&) = default;
};

struct TickLine {
  SessionId session;
  SumId sum{};
  std::int64_t k = 0;      // first tick bought
  std::int32_t n = 0;      // how many, consecutive
  Amount price;            // per tick
  TimeMs start;            // when tick k begins
  std::int64_t ticks = 0;  // of the session so far, net of what was given back
  Amount charged;          // of the sum
  Amount due;              // of the sum
  TimeMs paid_until;       // end of the session's last bought tick
  Amount spendable;        // of the meter
  Proof proof;
  friend bool operator==(const TickLine&, const TickLine&) = default;
};

enum class AdjustReason : std::uint8_t {
  stop = 0,
  pause = 1,
  freeze = 2,
  gateway = 3,
  refund = 4,
  content = 5
};

// Ticks given back.
struct AdjustLine {
  SessionId session;
  SumId sum{};
  std::int64_t k = 0;
  std::int32_t n = 0;
  Amount price;
  TimeMs start;
  AdjustReason reason = AdjustReason::stop;
  std::int64_t ticks = 0;
  Amount charged;
  Amount due;
  TimeMs paid_until;
  Amount spendable;
  Proof proof;
  friend bool operator==(const AdjustLine&, const AdjustLine&) = default;
};

// Sums whose `due` moved without a purchase, because ticks began. Cumulative, so the newest wins.
struct DueLine {
  TimeMs at;
  std::vector<std::pair<SumId, Amount>> sums;
  friend bool operator==(const DueLine&, const DueLine&) = default;
};

struct ChargeLine {
  SumId sum{};
  ChargeKind kind = ChargeKind::tip;
  std::string key;
  Amount amount;
  Amount charged;
  Amount due;
  Amount spendable;
  TimeMs at;
  Proof proof;  // charges chain per meter
  // As the input said; no proof covers them.
  std::string message = {};
  std::string channel = {};
  ContentId content = {};
  friend bool operator==(const ChargeLine&, const ChargeLine&) = default;
};

struct CreditLine {
  ViewerId viewer;
  MeterId meter;
  Amount amount;
  std::string key;
  std::string reason;
  std::string corrects;
  TimeMs at;
  Amount credited = {};  // of the meter, this credit included: what the settler carries out is cumulative
  friend bool operator==(const CreditLine&, const CreditLine&) = default;
};

enum class HaltReason : std::uint8_t {
  balance = 0,
  limit = 1,
  paused = 2,
  frozen = 3,
  refund = 4,
  content = 5
};

struct HaltLine {
  SessionId session;
  HaltReason reason = HaltReason::balance;
  TimeMs at;
  Amount spendable;
  friend bool operator==(const HaltLine&, const HaltLine&) = default;
};

// A heartbeat or open outside the bounds of time, or older than the window of remembered ticks.
struct LateLine {
  AttachmentId attachment;
  TimeMs at;
  Offset offset{};         // of the source record
  std::uint32_t line = 0;  // within it, from 0
  friend bool operator==(const LateLine&, const LateLine&) = default;
};

struct RejectedLine {
  std::string code;   // stable: "unknown_attachment", "foreign_meter", "wrong_partition", "malformed", …
  std::string input;  // the input's type, or empty when it could not be read
  Offset offset{};
  std::uint32_t line = 0;
  friend bool operator==(const RejectedLine&, const RejectedLine&) = default;
};

struct ClosedLine {
  SessionId session;
  TimeMs at;
  std::int64_t ticks = 0;
  Amount amount;  // ticks × price
  Proof proof;    // last link of the chain
  friend bool operator==(const ClosedLine&, const ClosedLine&) = default;
};

// A meter whose totals the chain has reported anew, as the fold now holds it.
struct MeterLine {
  ViewerId viewer;
  MeterId meter;
  Amount deposited;
  Amount refunded;
  Amount paid;
  Amount allowance;
  std::uint64_t version = 0;
  std::uint32_t ledger = 0;
  Amount charged;
  Amount spendable;
  TimeMs at;
  TimeMs refund_at = {};  // of the refund that is asked for and not paid; 0: there is none
  TxHash tx = {};         // what moved money into it or back out of it; zero: unknown
  friend bool operator==(const MeterLine&, const MeterLine&) = default;
};

// What a viewer has set, or was set for them, whenever one of it changes.
struct ViewerLine {
  ViewerId viewer;
  Amount limit;
  Period period = Period::total;
  bool paused = false;
  bool frozen = false;
  std::string reason;  // of the last freeze or unfreeze, on the line that it brought about; else empty
  TimeMs at;
  friend bool operator==(const ViewerLine&, const ViewerLine&) = default;
};

struct JoinedLine {
  ViewerId viewer;
  ContentId content;
  TimeMs at;
  friend bool operator==(const JoinedLine&, const JoinedLine&) = default;
};

// What is due to the creator in this partition is to be settled now.
struct PayoutLine {
  CreatorId creator;
  TimeMs at;
  friend bool operator==(const PayoutLine&, const PayoutLine&) = default;
};

using Output =
    std::variant<TickLine, DueLine, AdjustLine, SumLine, OpenedLine, ChargeLine, CreditLine, HaltLine,
                 LateLine, RejectedLine, ClosedLine, MeterLine, ViewerLine, JoinedLine, PayoutLine>;

}  // namespace paytick
