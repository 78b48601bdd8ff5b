#pragma once
// What a partition owes its creators: the fold of `ticks` (what is due) and `settlements` (what was paid);
// what the treasury owes its meters (credits.h), and what viewers ask back (refunds.h). Pure; restored from
// an image and the lines after it, or by folding both topics again from their beginnings. Memory: one
// SumState a sum, one entry a session that has not closed. Order between the two topics does not matter;
// within one, lines come in log order.
//
// Not thread-safe. Error codes: "due_falls", "unknown_sum" (fatal: the log contradicts itself).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/error.h"
#include "model/ids.h"
#include "model/money.h"
#include "model/outputs.h"
#include "model/settlements.h"
#include "model/time.h"
#include "settler/credits.h"
#include "settler/policy.h"
#include "settler/refunds.h"

namespace paytick::settler {

struct SumState {
  ViewerId viewer;
  MeterId meter;
  CreatorId creator;
  std::uint16_t bps = 0;
  bool known = false;      // its `sum` line has been read
  bool closed = false;     // a session closed since all was settled
  bool in_flight = false;  // in a batch that is neither confirmed nor given up
  bool parked = false;     // refused again and again; until something of it is paid
  bool given_up = false;   // parked, and trying again cannot help
  Amount charged;          // cumulative, from ticks; not below `due`
  Amount due;              // likewise
  Amount settled;          // cumulative, stands on the chain
  Amount payout;           // what was due when its creator asked to be paid; beyond `settled`: now
  TimeMs unsettled_since;  // when `due` passed `settled`
  TimeMs retry_at;
  std::uint32_t failures = 0;  // in a row
  friend bool operator==(const SumState&, const SumState&) = default;
};

class Accrual {
 public:
  explicit Accrual(const Policy& policy)
      : policy_(policy), fee_per_item_(policy.fee_per_item), credits_(policy), refunds_(policy) {}

  // A line of `ticks`; `at` is its record's append time.
  Result<void> apply(const Output& line, TimeMs at);
  // A line of `settlements`. Prepared puts its items in flight; Confirmed, Failed and Expired take them out.
  void apply(const Settlement& line);
  // The simulation says that this item would be skipped, or that all of it stands already. Not on the log:
  // asking the chain again after a restart tells the same.
  void foretold(const SettlementItem& item, std::int32_t code, TimeMs now);

  // For snapshots: all but what is in flight, whose lines are kept beside it and applied after read_image().
  // That is called on a new Accrual; the reader tells whether it was a whole image.
  void write_image(ImageWriter& out) const;
  void read_image(ImageReader& in);

  const std::vector<SumState>& sums() const { return sums_; }
  Credits& credits() { return credits_; }
  const Credits& credits() const { return credits_; }
  Refunds& refunds() { return refunds_; }
  const Refunds& refunds() const { return refunds_; }
  // What an item costs of the network's fee, for the share that it may take.
  Amount fee_per_item() const { return fee_per_item_; }
  // Transactions that failed in a row: a batch is made smaller with each.
  std::uint32_t failed_in_a_row() const { return failed_in_a_row_; }
  // Batches prepared and not ended.
  const std::unordered_map<TxHash, std::vector<SettlementItem>>& in_flight() const { return in_flight_; }

  // Of all sums; kept as they change, because metrics ask after every step.
  Amount due() const { return bounded(due_); }
  Amount settled() const { return bounded(settled_); }
  std::size_t parked() const { return parked_; }

 private:
  __extension__ using Wide = __int128;  // no count of sums makes it overflow
  static Amount bounded(Wide units) {
    return Amount(static_cast<std::int64_t>(std::min<Wide>(units, kMaxAmount.units())));
  }

  Result<void> due_is(SumId sum, Amount due, TimeMs at);
  // Of a line that says both.
  Result<void> money_is(const auto& line, TimeMs at);
  void pay_out(const CreatorId& creator);
  SumState& at(SumId sum);
  void stands_at(SumState& sum, Amount cumulative);
  // By the router, of itself.
  void refused(SumState& sum, TimeMs at);
  // With all of its transaction.
  void failed(SumState& sum, TimeMs at);
  std::int64_t wait_after(const SumState& sum, std::uint32_t times) const;
  void land(const TxHash& hash);
  void on(const Prepared& line);
  void on(const Confirmed& line);
  void on(const Failed& line);
  void on(const Parked& line);

  Policy policy_;
  std::vector<SumState> sums_;
  std::unordered_map<SessionId, SumId> open_;
  std::unordered_map<TxHash, std::vector<SettlementItem>> in_flight_;
  Amount fee_per_item_;  // starts as the policy's
  std::uint32_t failed_in_a_row_ = 0;
  Wide due_ = 0, settled_ = 0;
  std::size_t parked_ = 0;
  Credits credits_;
  Refunds refunds_;
};

}  // namespace paytick::settler
