#include "aggregator/book.h"
#include "aggregator/periods.h"

namespace paytick::aggregator {

// Ticks that begin after `at`, are not due and beyond the minimum. What was spent is taken off the periods it
// was spent in, where they still run.
void Book::give_back(std::uint32_t i, std::int64_t at, AdjustReason reason) {
  Session& s = sessions_[i];
  const Offer& offer = offers_[s.offer];
  if (offer.refund_unused == 0) return;
  Viewer& viewer = viewers_[s.viewer];
  Sum& sum = sums_[s.sum];
  TickSet ticks = ticks_of(i);
  for (const Run& run : ticks.pending_after(at)) {
    for (std::uint32_t k = run.k; k < run.k + run.n; ++k) {
      const std::uint32_t day = ticks.day_of(k);
      viewer.spent[static_cast<int>(Period::total)] -= offer.price;
      if (day == viewer.day) viewer.spent[static_cast<int>(Period::day)] -= offer.price;
      if (month_of_day(day) == month_of_day(viewer.day)) {
        viewer.spent[static_cast<int>(Period::month)] -= offer.price;
      }
    }
    ticks.take_back(run);
    const std::int64_t amount = offer.price * run.n;
    meters_[sum.meter].charged -= amount;
    sum.charged -= amount;
    write_adjust(i, run, reason);
  }
  arm(i);
}

void Book::give_back_all(std::uint32_t viewer, AdjustReason reason) {
  each_open(viewer, [&](std::uint32_t i) { give_back(i, now_, reason); });
}

}  // namespace paytick::aggregator
