#include "simulation/bugs.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace paytick::simulation {
namespace {

constexpr std::array<std::pair<std::string_view, Bug>, 18> kNames{
    {{"lost-position", Bug::lost_position},
     {"missing-fence", Bug::missing_fence},
     {"swallowed-in-doubt", Bug::swallowed_in_doubt},
     {"stale-snapshot", Bug::stale_snapshot},
     {"join-forgotten", Bug::join_forgotten},
     {"key-forgotten", Bug::key_forgotten},
     {"off-by-one", Bug::off_by_one},
     {"limit-off-by-one", Bug::limit_off_by_one},
     {"free-again", Bug::free_again},
     {"initial-price-per-tick", Bug::initial_price_per_tick},
     {"block-on-close", Bug::block_on_close},
     {"ticket-outlives-stream", Bug::ticket_outlives_stream},
     {"tip-while-frozen", Bug::tip_while_frozen},
     {"resume-bills-pause", Bug::resume_bills_pause},
     {"double-settle", Bug::double_settle},
     {"share-rounding-lost", Bug::share_rounding_lost},
     {"payout-beyond-due", Bug::payout_beyond_due},
     {"refund-unsettled", Bug::refund_unsettled}}};

constexpr auto kAll = [] {
  std::array<Bug, kNames.size()> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = kNames[i].second;
  return all;
}();

}  // namespace

std::span<const Bug> all_bugs() { return kAll; }

std::optional<Bug> bug_named(std::string_view name) {
  std::string with_hyphens(name);
  std::ranges::replace(with_hyphens, '_', '-');
  for (const auto& [text, bug] : kNames)
    if (text == with_hyphens) return bug;
  return std::nullopt;
}

std::string_view to_text(Bug bug) {
  for (const auto& [text, known] : kNames)
    if (known == bug) return text;
  return "none";
}

}  // namespace paytick::simulation
