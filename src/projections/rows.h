#pragma once
// Row changes: what one step of the projection does to the tables (migrations/ documents those). Plain data,
// so that a database, an in-memory stand-in and a test can all take them.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/catalog.h"
#include "model/frame.h"
#include "model/outputs.h"
#include "model/settlements.h"
#include "projections/notices.h"

namespace paytick::projections {

// The topics that are followed. Explicit numbers: they are part of row ids.
enum class Source : std::uint8_t { ticks = 3, settlements = 4, catalog = 6 };
std::string_view to_text(Source source);

// Names a line of the log, and the row that came from it: source, partition, offset, line (or item),
// big-endian, so that ids of a partition sort as its lines do. Equal logs give equal ids, whatever the steps.
using RowId = Bytes<16, struct RowTag>;
RowId row_id(Source source, PartitionId partition, Offset offset, std::uint32_t line);

// Where a followed topic stands. `frames` stays zero for the catalog, which has none.
struct Position {
  Offset next{};  // first record that is not in the tables
  FramePosition frames;
  TimeMs as_of;  // append time of the newest record that is
  friend bool operator==(const Position&, const Position&) = default;
};

// Sums are stored 64 to a row.
inline constexpr std::uint32_t kSumsPerPage = 64;
struct SumPage {
  PartitionId partition{};
  std::uint32_t page = 0;
  std::array<std::int64_t, kSumsPerPage> charged{};
  std::array<std::int64_t, kSumsPerPage> due{};
};

struct SumRow {
  PartitionId partition{};
  SumLine line;
};

struct SessionRow {
  PartitionId partition{};
  OpenedLine line;
  Amount charged_before;  // of the sum, when it was opened
};

// Newest values of a session; inserted when `fresh`, else updated.
struct SessionTotals {
  PartitionId partition{};
  SessionId session;
  bool fresh = false;
  std::int64_t ticks = 0;
  Amount amount;  // what they cost
  TimeMs paid_until;
  Amount charged_after;
  Amount spendable;
  Proof proof;
  std::optional<HaltReason> halt;
  std::optional<TimeMs> closed;
  // An update sets only what the step's lines said.
  bool has_money = false, has_halt = false, has_proof = false;
};

// Added to what is there.
struct MinuteDelta {
  PartitionId partition{};
  CreatorId creator;
  std::int64_t minute_ms = 0;
  std::int64_t ticks = 0, tick_amount = 0, charge_amount = 0;
};
struct CreatorDelta {
  PartitionId partition{};
  CreatorId creator;
  std::int64_t due = 0, earned = 0, paid = 0, fees = 0;
};
struct RefusalDelta {
  PartitionId partition{};
  std::string code;
  std::int64_t n = 0;
};

// A block of a call.
struct BlockRow {
  PartitionId partition{};
  SessionId session;
  std::int64_t k = 0;
  TimeMs start, bought;
  Amount amount, cumulative;
};

// A session that has bought its first tick: its content was viewed once more.
struct ViewRow {
  PartitionId partition{};
  SessionId session;
};

// A line that is a row of its own.
template <typename Line>
struct LineRow {
  RowId id;
  PartitionId partition{};
  TimeMs append_time;
  Line line;
};

struct SettledRow {
  RowId id;
  PartitionId partition{};
  TxHash hash;
  SettledItem item;
  std::uint32_t ledger = 0;
  TimeMs at;
};

// A credit that a transaction has paid into its meter.
struct CreditedRow {
  PartitionId partition{};
  TxHash hash;
  CreditedItem item;
  std::uint32_t ledger = 0;
  TimeMs at;
};

// What a step knows of a transaction. Explicit numbers: they are stored. A later state replaces an earlier
// one; fields that no line of the step gave stay as they are.
enum class TxState : std::uint8_t { prepared = 0, submitted = 1, confirmed = 2, failed = 3, expired = 4 };
struct TxRow {
  PartitionId partition{};
  TxHash hash;
  TxState state = TxState::prepared;
  std::optional<Prepared> prepared;  // its envelope and items are left out
  std::size_t items = 0;
  std::optional<Submitted> submitted;
  std::optional<std::uint32_t> ledger;
  std::optional<TimeMs> finished;
  std::optional<Amount> network_fee;
  std::string code;
};

struct PositionChange {
  Source source{};
  PartitionId partition{};
  Position before, after;
};

struct ViewerRow {
  PartitionId partition{};
  ViewerLine line;  // the newest; its reason is that of the newest line that had one
};

struct ContentRow {
  ContentId id;
  std::optional<Content> content;  // nothing: deleted
};

struct Changes {
  std::vector<SumRow> sums;
  std::vector<SumPage> pages;
  std::vector<SessionRow> sessions;
  std::vector<SessionTotals> totals;
  std::vector<MinuteDelta> minutes;
  std::vector<CreatorDelta> creators;
  std::vector<LineRow<ChargeLine>> charges;
  std::vector<LineRow<CreditLine>> credits;
  std::vector<LineRow<HaltLine>> halts;
  std::vector<LineRow<LateLine>> late;
  std::vector<LineRow<RejectedLine>> rejected;
  std::vector<LineRow<MeterLine>> meters;  // in order; the database derives top-ups and refunds from them
  std::vector<ViewerRow> viewers;
  std::vector<LineRow<JoinedLine>> joins;
  std::vector<LineRow<PayoutLine>> payouts;
  std::vector<BlockRow> blocks;
  std::vector<ViewRow> views;
  std::vector<RefusalDelta> refusals;
  std::vector<TxRow> transactions;
  std::vector<SettledRow> settled;
  std::vector<LineRow<Parked>> parked;
  std::vector<CreditedRow> credited;
  std::vector<LineRow<ParkedCredit>> parked_credits;
  std::vector<ContentRow> contents;
  std::vector<NoticeRow> notices;  // of lines that were not announced before; the database says to whom
  std::vector<PositionChange> positions;

  std::size_t rows() const;
};

}  // namespace paytick::projections
