#pragma once
// The pure part: lines of the log → row changes, merged per key over a step of many frames. Current values
// keep the newest; sums over time are added up. Knows no database, clock or log.
//
// What must hold: folding the same lines in one step or in many gives the same tables.
// Money that does not fit, and lines that contradict what came before, are poison: an error with the code
// "poison_record" (fatal), never a guess.
//
// Not thread-safe. A Merge lives for one step of one partition and writes into that step's Changes.

#include <unordered_map>
#include <unordered_set>

#include "projections/book.h"
#include "projections/rows.h"

namespace paytick::projections {

// Which lines become notices: those from here on.
struct NoticeRules {
  bool wanted = false;
  Offset ticks{}, settlements{};
  std::int64_t low_balance_ms = 60'000;
};

// Whether what is spendable buys less than this time.
bool is_low(Amount price, std::int32_t tick_ms, Amount spendable, std::int64_t low_balance_ms);

class Merge {
 public:
  // Both references must outlive the Merge.
  Merge(PartitionId partition, Book& book, Changes& changes, const NoticeRules& rules = {})
      : partition_(partition), book_(book), changes_(changes), rules_(rules) {}

  // Where a line stands in the log: it names the rows made from it.
  struct Place {
    Offset offset{};
    std::uint32_t line = 0;
    TimeMs append_time;
  };
  Result<void> add(const Output& output, const Place& place);
  Result<void> add(const Settlement& settlement, const Place& place);

  // Writes what was kept per key; call once, after the last line. The order of rows does not depend on
  // hashing.
  void finish();

 private:
  struct MinuteKey {
    std::uint32_t creator;
    std::int64_t minute;
    friend auto operator<=>(const MinuteKey&, const MinuteKey&) = default;
  };
  struct MinuteHash {
    std::size_t operator()(const MinuteKey& key) const {
      return static_cast<std::size_t>(key.minute) * 0x9E3779B97F4A7C15ULL + key.creator;
    }
  };

  Result<void> on(const SumLine&, const Place&);
  Result<void> on(const OpenedLine&, const Place&);
  Result<void> on(const TickLine&, const Place&);
  Result<void> on(const AdjustLine&, const Place&);
  Result<void> on(const DueLine&, const Place&);
  Result<void> on(const ChargeLine&, const Place&);
  Result<void> on(const CreditLine&, const Place&);
  Result<void> on(const HaltLine&, const Place&);
  Result<void> on(const LateLine&, const Place&);
  Result<void> on(const RejectedLine&, const Place&);
  Result<void> on(const ClosedLine&, const Place&);
  Result<void> on(const MeterLine&, const Place&);
  Result<void> on(const ViewerLine&, const Place&);
  Result<void> on(const JoinedLine&, const Place&);
  Result<void> on(const PayoutLine&, const Place&);
  Result<void> on(const Prepared&, const Place&);
  Result<void> on(const Submitted&, const Place&);
  Result<void> on(const Confirmed&, const Place&);
  Result<void> on(const Failed&, const Place&);
  Result<void> on(const Expired&, const Place&);
  Result<void> on(const Parked&, const Place&);
  Result<void> on(const ParkedCredit&, const Place&);

  // Notices (merge_notices.cc). Nothing where the line is not to be announced.
  NoticeRow* announce(NoticeType type, const Place& place, TimeMs at, Source source = Source::ticks);
  void announce_purchase(const TickLine& line, Book::Session& session, const Place& place);

  // A purchase (sign 1) or ticks given back (sign -1).
  template <typename Line>
  Result<void> on_money(const Line& line, int sign);
  Result<void> set_sum(SumId id, std::optional<Amount> charged, Amount due);
  Result<void> add_ticks(const Book::Sum& sum, std::int64_t tick_ms, std::int64_t start_ms, std::int32_t n,
                         Amount price, int sign);
  Result<void> add_blocks(const TickLine& line, const Book::Session& session, const Place& place);
  SessionTotals& totals(const SessionId& session);
  MinuteDelta& minute(std::uint32_t creator, std::int64_t at_ms);
  CreatorDelta& creator(std::uint32_t creator);
  TxRow& transaction(const TxHash& hash, TxState state);
  template <typename Line>
  LineRow<Line> row(const Line& line, const Place& place, Source source = Source::ticks) const {
    return {row_id(source, partition_, place.offset, place.line), partition_, place.append_time, line};
  }

  PartitionId partition_;
  Book& book_;
  Changes& changes_;
  const NoticeRules rules_;
  // Indices into the vectors of Changes.
  std::unordered_map<SessionId, std::size_t> totals_;
  std::unordered_map<MinuteKey, std::size_t, MinuteHash> minutes_;
  std::unordered_map<std::uint32_t, std::size_t> creators_;
  std::unordered_map<TxHash, std::size_t> transactions_;
  std::unordered_map<ViewerId, std::size_t> viewers_;
  std::unordered_map<std::string, std::int64_t> refusals_;
  std::unordered_set<std::uint32_t> pages_;
};

}  // namespace paytick::projections
