#include "app/verify/postgres_view.h"

#include "projections/verify_queries.h"

namespace paytick::app {

Result<std::vector<DatabasePartition>> PostgresView::load(std::uint32_t partitions) {
  auto totals = projections::read_totals(url_, partitions);
  if (!totals) return tl::unexpected(totals.error());
  std::vector<DatabasePartition> all;
  for (const auto& from : *totals) {
    DatabasePartition& to = all.emplace_back();
    to.to = from.ticks.frames.to;
    to.ticks = from.ticks.next;
    to.settlements = from.settlements.next;
    for (const auto& [id, sum] : from.sums) to.sums[id] = {sum.charged, sum.due, sum.paid};
    for (const auto& [id, session] : from.sessions) to.sessions[id] = {session.ticks, session.amount};
  }
  return all;
}

}  // namespace paytick::app
