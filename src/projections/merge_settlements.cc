// The half of Merge that reads the topic `settlements`.

#include "projections/merge.h"

namespace paytick::projections {

Result<void> Merge::add(const Settlement& settlement, const Place& place) {
  return std::visit([&](const auto& line) { return on(line, place); }, settlement);
}

TxRow& Merge::transaction(const TxHash& hash, TxState state) {
  const auto [at, is_new] = transactions_.try_emplace(hash, changes_.transactions.size());
  if (is_new) {
    TxRow fresh;
    fresh.partition = partition_;
    fresh.hash = hash;
    changes_.transactions.push_back(fresh);
  }
  TxRow& tx = changes_.transactions[at->second];
  if (state > tx.state) tx.state = state;  // sent again after it was known to be confirmed: still confirmed
  return tx;
}

Result<void> Merge::on(const Prepared& line, const Place&) {
  TxRow& tx = transaction(line.hash, TxState::prepared);
  tx.items = line.items.size() + line.credits.size();
  Prepared& kept = tx.prepared.emplace();
  kept.hash = line.hash;
  kept.source = line.source;
  kept.sequence = line.sequence;
  kept.min_time = line.min_time;
  kept.max_time = line.max_time;
  return {};
}

Result<void> Merge::on(const Submitted& line, const Place&) {
  transaction(line.hash, TxState::submitted).submitted = line;
  return {};
}

Result<void> Merge::on(const Confirmed& line, const Place& place) {
  TxRow& tx = transaction(line.hash, TxState::confirmed);
  tx.ledger = line.ledger;
  tx.finished = line.at;
  tx.network_fee = line.network_fee;
  for (const CreditedItem& item : line.credits)
    if (item.stands()) changes_.credited.push_back({partition_, line.hash, item, line.ledger, line.at});
  std::uint32_t number = 0;
  for (const SettledItem& item : line.items) {
    const Book::Sum* const sum = book_.sum(item.sum);
    if (!sum)
      return fail("poison_record",
                  "a settlement names sum " + std::to_string(static_cast<std::uint32_t>(item.sum)) +
                      ", which was never introduced",
                  Next::fatal);
    CreatorDelta& delta = creator(sum->creator);
    delta.paid += item.amount.units() - item.fee.units();
    delta.fees += item.fee.units();
    // A record holds fewer than 65,536 lines and a batch fewer items than that.
    const RowId id = row_id(Source::settlements, partition_, place.offset, (place.line << 16) + number++);
    changes_.settled.push_back({id, partition_, line.hash, item, line.ledger, line.at});
    if (item.amount.units() == 0) continue;  // skipped, or paid before
    if (NoticeRow* const notice = announce(NoticeType::settled, place, line.at, Source::settlements)) {
      notice->id = id;
      notice->sum = item.sum;
      notice->amount = item.amount;
      notice->total = item.cumulative;
      notice->fee = item.fee;
      notice->tx = line.hash;
      notice->ledger = line.ledger;
    }
  }
  return {};
}

Result<void> Merge::on(const Failed& line, const Place&) {
  TxRow& tx = transaction(line.hash, TxState::failed);
  tx.finished = line.at;
  tx.code = line.code;
  return {};
}

Result<void> Merge::on(const Expired& line, const Place&) {
  transaction(line.hash, TxState::expired).finished = line.at;
  return {};
}

Result<void> Merge::on(const Parked& line, const Place& place) {
  changes_.parked.push_back(row(line, place, Source::settlements));
  return {};
}

Result<void> Merge::on(const ParkedCredit& line, const Place& place) {
  changes_.parked_credits.push_back(row(line, place, Source::settlements));
  return {};
}

}  // namespace paytick::projections
