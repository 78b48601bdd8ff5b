// The half of SettlerWorker that pays credits: the same life of a batch, other items.

#include <algorithm>

#include "settler/settler_worker.h"

namespace paytick::settler {

Result<bool> SettlerWorker::pay_credits() {
  if (!chain_.has_treasury()) return false;
  const TimeMs now = clock_.now();
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    SettlerPartition& p = *partitions_[turn_++ % partitions_.size()];
    const Credits& credits = p.accrual().credits();
    if (const auto park = credits.to_park(now); !park.empty()) {
      auto written = p.write({park.begin(), park.end()});
      if (!written) return tl::unexpected(written.error());
      return true;
    }
    const auto batches = credits.plan(now, credits_max_);
    if (!batches.empty()) return prepare(p, batches.front());
  }
  return false;
}

Result<bool> SettlerWorker::prepare(SettlerPartition& p, const CreditBatch& batch) {
  const auto slot = next_slot();
  if (!slot) return false;
  auto preparation = chain_.prepare_credits(batch, slot->sequence, TimeMs{}, slot->max_time);
  if (!preparation) return refused_to_prepare(p, batch, preparation.error());
  status_.chain_trouble.reset();
  auto dropped = drop_foretold(p, batch, preparation->codes);
  if (!dropped || *dropped) return dropped;
  auto written = p.write({std::move(preparation->prepared)});
  if (!written) return tl::unexpected(written.error());
  return true;
}

Result<bool> SettlerWorker::drop_foretold(SettlerPartition& p, const CreditBatch& batch,
                                          const std::vector<std::int32_t>& codes) {
  bool dropped = false;
  std::vector<Settlement> park;
  const TimeMs now = clock_.now();
  for (std::size_t i = 0; i < batch.size() && i < codes.size(); ++i) {
    if (codes[i] == kCodePaid) continue;
    dropped = true;
    p.accrual().credits().foretold(batch[i], codes[i], now);
    if (is_permanent(codes[i]))
      park.emplace_back(
          ParkedCredit{batch[i].meter, "router_" + std::to_string(codes[i]), batch[i].cumulative, now});
  }
  if (dropped) next_plan_ = now;
  if (!park.empty())
    if (auto written = p.write(park); !written) return tl::unexpected(written.error());
  return dropped;
}

Result<bool> SettlerWorker::refused_to_prepare(SettlerPartition& p, const CreditBatch& batch,
                                               const Error& error) {
  const bool limit = error.code.starts_with("limit_");
  if (limit || error.code == "simulation_failed") {
    if (batch.size() > 1)
      credits_max_ = std::max<std::size_t>(1, batch.size() / 2);
    else
      p.accrual().credits().foretold(batch.front(), kCodeMeterFailed, clock_.now());
  }
  if (limit) {
    next_plan_ = clock_.now();
    return true;
  }
  chain_failed(error);
  return false;
}

Result<Answer> SettlerWorker::credits_by_totals(const Prepared& prepared) {
  auto credited = chain_.credited(prepared.credits);
  if (!credited) return tl::unexpected(credited.error());
  bool all = credited->size() == prepared.credits.size();
  for (std::size_t i = 0; all && i < credited->size(); ++i)
    all = (*credited)[i] >= prepared.credits[i].cumulative;
  return Answer(Totals{all});
}

void SettlerWorker::look_at_treasury() {
  if (clock_.now() < next_treasury_look_) return;
  next_treasury_look_ = clock_.now() + config_.treasury_poll_ms;
  const bool waiting =
      std::ranges::any_of(partitions_, [](const auto& p) { return p->accrual().credits().waiting() > 0; });
  if (!chain_.has_treasury() && !waiting) return;
  auto balance = chain_.treasury_balance();
  if (balance) {
    status_.treasury = *balance;
    status_.treasury_trouble.reset();
    if (chain_.has_treasury()) return;
    balance = fail("no_treasury",
                   "Credits wait and there is no treasury's key here; give PAYTICK_TREASURY_SECRET.");
  }
  if (balance.error().next == Next::refused) status_.treasury_trouble = balance.error();
}

}  // namespace paytick::settler
