// The third of SettlerWorker that releases refunds: one meter a transaction, and the same life of it.

#include "settler/settler_worker.h"

namespace paytick::settler {

Result<bool> SettlerWorker::release_refunds() {
  const TimeMs now = clock_.now();
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    SettlerPartition& p = *partitions_[turn_++ % partitions_.size()];
    if (const auto item = p.accrual().refunds().plan(p.accrual().sums(), now)) return prepare(p, *item);
  }
  return false;
}

Result<bool> SettlerWorker::prepare(SettlerPartition& p, const RefundItem& item) {
  const auto slot = next_slot();
  if (!slot) return false;
  auto preparation = chain_.prepare_refund(item, slot->sequence, TimeMs{}, slot->max_time);
  if (!preparation) {
    const Error& error = preparation.error();
    Refunds& refunds = p.accrual().refunds();
    // Of this meter, unless the node could not be asked: the others go on.
    const bool of_meter = error.next == Next::refused || error.code == "restore_needed";
    if (error.code == "refund_aged") {
      refunds.aged(item.meter);
    } else if (of_meter) {
      refunds.refused(item.meter, clock_.now());
    } else {
      chain_failed(error);
    }
    return of_meter;
  }
  status_.chain_trouble.reset();
  auto written = p.write({std::move(preparation->prepared)});
  if (!written) return tl::unexpected(written.error());
  return true;
}

Result<Answer> SettlerWorker::refund_by_totals(const Prepared& prepared) {
  const RefundItem& item = prepared.refunds.front();
  auto totals = chain_.totals(item.meter);
  if (!totals) return tl::unexpected(totals.error());
  return Answer(Totals{totals->refund_at != item.asked_at});
}

}  // namespace paytick::settler
