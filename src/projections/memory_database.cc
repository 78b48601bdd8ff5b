#include "projections/memory_database.h"

namespace paytick::projections {

Result<Writer> MemoryDatabase::acquire(std::span<const PartitionId> partitions, const OwnerId& owner) {
  Writer writer{owner, {}};
  for (const PartitionId partition : partitions) {
    auto& [epoch, holder] = writers_[partition];
    ++epoch;
    holder = owner;
    writer.epochs.emplace_back(partition, epoch);
  }
  return writer;
}

Result<LoadedPartition> MemoryDatabase::load(PartitionId partition) {
  LoadedPartition loaded;
  loaded.ticks = positions_[{Source::ticks, partition}];
  loaded.settlements = positions_[{Source::settlements, partition}];
  loaded.catalog = positions_[{Source::catalog, partition}];
  for (const auto& [key, sum] : sums_)
    if (key.first == partition)
      loaded.book.add_sum(key.second, sum.line.creator, sum.line.bps, Amount(sum.charged), Amount(sum.due));
  for (const auto& [key, session] : sessions_)
    if (key.first == partition && !session.closed) {
      Book::Session open;
      open.price = Amount(session.price);
      open.amount = Amount(session.amount);
      open.tick_ms = session.tick_ms;
      open.blocks = session.blocks;
      open.halted = session.halted;
      open.low = session.ticks > 0 &&
                 is_low(open.price, open.tick_ms, Amount(session.spendable), loaded.notices.low_balance_ms);
      loaded.book.open_session(key.second, open);
    }
  for (const auto& [viewer, line] : viewers_)
    if (line.frozen && viewer_partitions_.at(viewer) == partition) loaded.book.set_frozen(viewer, true);
  loaded.notices.wanted = true;
  loaded.notices.ticks = loaded.ticks.next;
  loaded.notices.settlements = loaded.settlements.next;
  return loaded;
}

Result<void> MemoryDatabase::write(const Writer& writer, const Changes& changes) {
  for (const auto& [partition, epoch] : writer.epochs)
    if (writers_[partition] != std::pair(epoch, writer.owner))
      return fail("writer_fenced", "another projection has taken the partition over", Next::abort);
  std::size_t before = 0, after = 0;
  for (const PositionChange& change : changes.positions) {
    const Position& now = positions_[{change.source, change.partition}];
    before += now == change.before;
    after += now == change.after;
  }
  if (after == changes.positions.size()) return {};
  if (before != changes.positions.size())
    return fail("positions_moved", "the tables do not stand where this step began", Next::abort);

  for (const SumRow& row : changes.sums) sums_[{row.partition, row.line.sum}].line = row.line;
  for (const SumPage& page : changes.pages)
    for (std::uint32_t i = 0; i < kSumsPerPage; ++i)
      if (const auto at = sums_.find({page.partition, SumId{page.page * kSumsPerPage + i}});
          at != sums_.end()) {
        at->second.charged = page.charged[i];
        at->second.due = page.due[i];
      }
  for (const SessionRow& row : changes.sessions) {
    Session& session = sessions_[{row.partition, row.line.session}];
    session.price = row.line.plan.price_per_tick.units();
    session.tick_ms = row.line.plan.tick_ms;
    session.blocks =
        has_blocks(row.line.plan.refund_unused, row.line.plan.tick_ms, row.line.plan.heartbeat_ms);
  }
  for (const SessionTotals& row : changes.totals) {
    Session& session = sessions_[{row.partition, row.session}];
    if (row.fresh || row.has_money) {
      session.ticks = row.ticks;
      session.amount = row.amount.units();
      session.spendable = row.spendable.units();
    }
    if (row.fresh || row.has_halt) session.halted = row.halt.has_value();
    if (row.fresh) session.closed = false;
    if (row.closed) session.closed = true;
  }
  for (const MinuteDelta& row : changes.minutes) minute_ticks_[row.creator] += row.ticks;
  for (const CreatorDelta& row : changes.creators) earned_[row.creator] += row.earned;
  for (const SettledRow& row : changes.settled) {
    if (!row.item.stands()) continue;
    std::int64_t& paid = sums_[{row.partition, row.item.sum}].paid;
    paid = std::max(paid, row.item.cumulative.units());
  }
  for (const ViewerRow& row : changes.viewers) {
    viewers_[row.line.viewer] = row.line;
    viewer_partitions_[row.line.viewer] = row.partition;
  }
  notices_.insert(notices_.end(), changes.notices.begin(), changes.notices.end());
  for (const PositionChange& change : changes.positions)
    positions_[{change.source, change.partition}] = change.after;
  return {};
}

std::int64_t MemoryDatabase::earned(const CreatorId& creator) const {
  const auto at = earned_.find(creator);
  return at == earned_.end() ? 0 : at->second;
}

std::int64_t MemoryDatabase::minute_ticks(const CreatorId& creator) const {
  const auto at = minute_ticks_.find(creator);
  return at == minute_ticks_.end() ? 0 : at->second;
}

}  // namespace paytick::projections
