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
    if (error.code == "refund_aged") {
      refunds.aged(item.meter);
    } else if (error.next == Next::refused) {
      refunds.refused(item.meter, clock_.now());
    }
    if (error.code != "no_refund" && error.code != "refund_aged") chain_failed(error);
    return false;
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
