#pragma once
// What viewers have asked back: the fold of the meters on `ticks` (requests) and of `settlements` (what was
// released), and which of them may be released now: all that was ever charged to the meter is settled. Pure,
// as Accrual, which owns it.
//
// A request is known by its time: what was released is released, and the same meter's next request is
// another. Memory: one RefundState a meter whose money was ever asked back. Not thread-safe.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "model/ids.h"
#include "model/outputs.h"
#include "model/settlements.h"
#include "model/time.h"
#include "settler/policy.h"

namespace paytick {
class ImageReader;
class ImageWriter;
}  // namespace paytick

namespace paytick::settler {

struct SumState;

struct RefundState {
  MeterId meter;
  std::uint64_t version = 0;   // of the newest totals read
  TimeMs asked_at;             // of the request that is pending by them; 0: none is
  TimeMs released_at;          // `asked_at` of the latest one released; later requests have a later time
  TimeMs retry_at;             // not before
  bool in_flight = false;      // in a transaction that has not ended
  bool is_aged = false;        // its delay is over: it is the viewer's to take
  std::uint32_t failures = 0;  // in a row
  friend bool operator==(const RefundState&, const RefundState&) = default;
};

class Refunds {
 public:
  explicit Refunds(const Policy& policy) : policy_(policy) {}

  // A line of `ticks`.
  void apply(const MeterLine& line);
  // A line of `settlements`; whether it was about refunds, and so of no concern to sums.
  bool apply(const Settlement& line);
  // The chain would not release it now; or never, since its delay is over. Not on the log: asking the chain
  // again after a restart tells the same.
  void refused(const MeterId& meter, TimeMs now);
  void aged(const MeterId& meter) { of(meter).is_aged = true; }

  // As Accrual's: all but what is in flight.
  void write_image(ImageWriter& out) const;
  void read_image(ImageReader& in);

  const std::vector<RefundState>& all() const { return all_; }
  // Asked for and not released.
  bool is_wanted(const MeterId& meter) const;
  // The one that is released next: wanted, not waiting for another try, and with nothing left to settle.
  std::optional<RefundItem> plan(std::span<const SumState> sums, TimeMs now) const;
  std::size_t waiting() const;           // wanted, and not left to the viewer
  std::optional<TimeMs> oldest() const;  // when the first of them was asked for

 private:
  RefundState& of(const MeterId& meter);
  void land(const TxHash& hash);

  Policy policy_;
  std::vector<RefundState> all_;
  std::unordered_map<MeterId, std::size_t> index_;  // of all_
  std::unordered_map<TxHash, RefundItem> in_flight_;
};

}  // namespace paytick::settler
