// What is credited to each meter: ordered on `ticks`, paid in as `settlements` says, or on its way.

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "app/verify/verifier_walk.h"

namespace paytick::app {

Result<void> Verifier::check_credits(Walk& walk, VerifyReport& report) {
  std::vector<MeterId> meters;
  for (const auto& credit : walk.accrual.credits().all()) meters.push_back(credit.meter);
  for (std::size_t first = 0; first < meters.size(); first += kItemsPerQuestion) {
    const auto begin = meters.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end =
        meters.begin() + static_cast<std::ptrdiff_t>(std::min(meters.size(), first + kItemsPerQuestion));
    if (auto done = check_credits(walk, {begin, end}, report); !done || report.difference) return done;
  }
  return {};
}

// As check_items: an answer counts when nothing about its meters moved while it was asked for.
Result<void> Verifier::check_credits(Walk& walk, const std::vector<MeterId>& meters, VerifyReport& report) {
  const auto states = [&] {
    std::vector<settler::CreditState> out;
    for (const MeterId& meter : meters)
      out.push_back(*std::ranges::find(walk.accrual.credits().all(), meter, &settler::CreditState::meter));
    return out;
  };
  std::vector<CreditItem> items;
  for (const MeterId& meter : meters) items.push_back({meter, Amount{}});
  for (int tries = 0;; ++tries) {
    const auto before = states();
    auto credited = chain_->credited(items);
    if (!credited) return tl::unexpected(credited.error());
    if (auto done = follow_settlements(walk, report); !done || report.difference) return done;
    if (auto done = follow_ticks(walk, report, {}); !done || report.difference) return done;
    const auto after = states();
    std::optional<std::string> difference;
    bool moved = false;
    for (std::size_t i = 0; i < meters.size(); ++i) {
      const Amount there = (*credited)[i];
      moved = moved || before[i].credited != after[i].credited || before[i].in_flight || after[i].in_flight;
      const bool same = after[i].in_flight ? there >= after[i].credited : there == after[i].credited;
      if ((same && there <= after[i].ordered) || difference) continue;
      difference = fmt::format(
          "credits of meter {}: the log says ordered {} and paid in {}, the contract has taken in {}",
          to_text(meters[i]), to_decimal(after[i].ordered), to_decimal(after[i].credited), to_decimal(there));
    }
    // What the contract has done may not be in our view of the log yet.
    if (difference && tries < (moved ? kTriesMax : kTriesStanding)) {
      std::this_thread::sleep_for(kPause);
      continue;
    }
    report.difference = difference;
    return {};
  }
}

}  // namespace paytick::app
