#pragma once
// What the treasury owes meters: the fold of the credits on `ticks` (orders) and of `settlements` (what was
// paid in), and which of them are paid now. Pure, as Accrual, which owns it; amounts are cumulative a meter,
// so that whatever is repeated is paid in once.
//
// Memory: one CreditState a meter that was ever credited. Not thread-safe. Error code: "credit_falls" (fatal:
// the log contradicts itself).

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
#include "settler/policy.h"

namespace paytick {
class ImageReader;
class ImageWriter;
}  // namespace paytick

namespace paytick::settler {

struct CreditState {
  MeterId meter;
  Amount ordered;              // cumulative, from ticks
  Amount credited;             // cumulative, stands on the chain
  TimeMs since;                // when `ordered` passed `credited`
  TimeMs retry_at;             // not before
  bool in_flight = false;      // in a batch that is neither confirmed nor given up
  bool parked = false;         // an operator must look; until something of it is paid
  bool given_up = false;       // parked, and trying again cannot help
  std::uint32_t failures = 0;  // in a row
  friend bool operator==(const CreditState&, const CreditState&) = default;
};

using CreditBatch = std::vector<CreditItem>;

class Credits {
 public:
  explicit Credits(const Policy& policy) : policy_(policy) {}

  // A line of `ticks`; `at` is its record's append time.
  Result<void> apply(const CreditLine& line, TimeMs at);
  // A line of `settlements`; whether it was about credits, and so of no concern to sums.
  bool apply(const Settlement& line);
  // What the simulation says of an item: to be skipped, or paid in already (Accrual::foretold).
  void foretold(const CreditItem& item, std::int32_t code, TimeMs now);

  // As Accrual's: all but what is in flight.
  void write_image(ImageWriter& out) const;
  void read_image(ImageReader& in);

  // In the order in which meters were first heard of.
  const std::vector<CreditState>& all() const { return all_; }
  // Batches that are due now, those who have waited longest first, of at most `items_max` and
  // policy.credit_items_max items, halved for every transaction that failed in a row. A credit waits for no
  // threshold: somebody has paid for it already.
  std::vector<CreditBatch> plan(TimeMs now, std::size_t items_max) const;
  // Refused too often in a row.
  std::vector<ParkedCredit> to_park(TimeMs now) const;

  Amount ordered() const;
  Amount credited() const;
  std::size_t waiting() const;  // meters with something ordered and not paid in yet
  std::size_t parked() const;

 private:
  CreditState& of(const MeterId& meter);
  void stands_at(CreditState& credit, Amount cumulative);
  void refused(CreditState& credit, TimeMs at);
  void land(const TxHash& hash);
  void on(const Prepared& line);
  void on(const Confirmed& line);
  void on(const Failed& line);
  void on(const ParkedCredit& line);

  Policy policy_;
  std::vector<CreditState> all_;
  std::unordered_map<MeterId, std::size_t> index_;  // of all_
  std::unordered_map<TxHash, CreditBatch> in_flight_;
  std::uint32_t failed_in_a_row_ = 0;
};

}  // namespace paytick::settler
