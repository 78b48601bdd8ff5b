#include "settler/plan.h"

#include <algorithm>

namespace paytick::settler {

namespace {

struct Candidate {
  std::size_t sum = 0;
  TimeMs since;
  bool now = false;  // whatever the fee's share
};

bool is_free(const SumState& sum, TimeMs now) {
  return sum.known && !sum.in_flight && !sum.given_up && sum.due > sum.settled && sum.retry_at <= now;
}

std::vector<Candidate> candidates(const Accrual& accrual, TimeMs now, Amount fee_per_item,
                                  const Policy& policy) {
  std::vector<Candidate> out;
  for (std::size_t i = 0; i < accrual.sums().size(); ++i) {
    const SumState& sum = accrual.sums()[i];
    if (!is_free(sum, now)) continue;
    const bool aged = now - sum.unsettled_since >= policy.max_age_ms;
    const std::int64_t moves = sum.due.units() - sum.settled.units();
    const bool large = moves >= policy.threshold.units();
    const bool asked = sum.payout > sum.settled && moves > fee_per_item.units();
    // Once, when nothing more becomes due.
    const bool leaving = sum.due >= sum.charged && accrual.refunds().is_wanted(sum.meter);
    if (aged || large || asked || leaving || (policy.on_close && sum.closed))
      out.push_back({i, sum.unsettled_since, aged || asked || leaving});
  }
  std::sort(out.begin(), out.end(), [](const Candidate& a, const Candidate& b) {
    return a.since != b.since ? a.since < b.since : a.sum < b.sum;
  });
  return out;
}

// Both sides at most 2^63 × 10^4.
bool fee_is_worth(Amount moved, std::size_t items, Amount fee_per_item, const Policy& policy) {
  __extension__ using Wide = __int128;
  const Wide fee =
      Wide{policy.fee_base.units()} + Wide{fee_per_item.units()} * static_cast<std::int64_t>(items);
  return fee * 10'000 <= Wide{moved.units()} * policy.max_fee_share_bps;
}

}  // namespace

std::vector<Batch> plan(const Accrual& accrual, TimeMs now, const Policy& policy) {
  const std::uint32_t halvings = std::min(accrual.failed_in_a_row(), 16U);
  const std::size_t size = std::max<std::size_t>(1, policy.batch_items_max >> halvings);
  const Amount fee_per_item =
      accrual.fee_per_item() > Amount(0) ? accrual.fee_per_item() : policy.fee_per_item;
  const std::vector<Candidate> all = candidates(accrual, now, fee_per_item, policy);
  std::vector<Batch> out;
  for (std::size_t first = 0; first < all.size(); first += size) {
    const std::size_t last = std::min(all.size(), first + size);
    Batch batch;
    Amount moved;
    bool at_once = false;
    for (std::size_t i = first; i < last; ++i) {
      const SumState& sum = accrual.sums()[all[i].sum];
      batch.push_back({static_cast<SumId>(all[i].sum), sum.meter, sum.creator, sum.bps, sum.due});
      moved = add(moved, Amount(sum.due.units() - sum.settled.units())).value_or(kMaxAmount);
      at_once = at_once || all[i].now;
    }
    if (at_once || fee_is_worth(moved, batch.size(), fee_per_item, policy)) out.push_back(std::move(batch));
  }
  return out;
}

std::vector<Parked> to_park(const Accrual& accrual, TimeMs now, const Policy& policy) {
  std::vector<Parked> out;
  for (std::size_t i = 0; i < accrual.sums().size(); ++i) {
    const SumState& sum = accrual.sums()[i];
    if (!sum.in_flight && !sum.parked && sum.failures >= policy.failures_max)
      out.push_back({static_cast<SumId>(i), std::string(kRefusedTooOften), sum.due, now});
  }
  return out;
}

}  // namespace paytick::settler
