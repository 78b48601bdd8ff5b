#include "settler/settler_worker.h"

#include <algorithm>
#include <array>

namespace paytick::settler {

namespace {

TimeMs whole_second(TimeMs t) { return TimeMs{t.ms / 1'000 * 1'000}; }

}  // namespace

struct SettlerWorker::Pending {
  SettlerPartition* partition = nullptr;
  Prepared prepared;
  Flight flight;
  Action action = Action::read_back;
  TimeMs due;                                // when the action is to be taken
  std::optional<TimeMs> prepared_at;         // nothing when an earlier owner prepared it
  std::string fail_code;                     // with Action::fail
  std::optional<TransactionAnswer> applied;  // with Action::confirm and Action::fail
  bool submitted_written = false;
};

SettlerWorker::SettlerWorker(SettlerConfig config, log::EventLog& log, ChainPort& chain, WallClock& clock,
                             Random& random)
    : config_(std::move(config)),
      log_(log),
      chain_(chain),
      clock_(clock),
      random_(random),
      items_max_(config_.policy.batch_items_max),
      credits_max_(config_.policy.credit_items_max) {}
SettlerWorker::~SettlerWorker() = default;

Result<void> SettlerWorker::start() {
  started_ = false;
  pending_.clear();
  partitions_.clear();
  next_plan_ = next_treasury_look_ = TimeMs{};
  status_ = {};
  for (const PartitionId id : config_.partitions) {
    auto& p = *partitions_.emplace_back(std::make_unique<SettlerPartition>(
        log_, id, config_.policy, clock_,
        [this](SettlerPartition& from, const Settlement& line) { on_settlement(from, line); }));
    if (auto taken = p.take_over(random_); !taken) return taken;
  }
  started_ = true;
  return {};
}

void SettlerWorker::on_settlement(SettlerPartition& p, const Settlement& line) {
  const auto find = [&](const TxHash& hash) {
    return std::find_if(pending_.begin(), pending_.end(),
                        [&](const Pending& f) { return f.prepared.hash == hash; });
  };
  if (const auto* prepared = std::get_if<Prepared>(&line)) {
    Pending f;
    f.partition = &p;
    f.prepared = *prepared;
    f.flight = {p.fenced() ? Stage::written : Stage::unsure, prepared->ledger, prepared->max_time, 0};
    f.action = first_action(f.flight.stage);
    if (p.fenced()) f.prepared_at = clock_.now();
    pending_.push_back(std::move(f));
  } else if (const auto* submitted = std::get_if<Submitted>(&line)) {
    if (const auto f = find(submitted->hash); f != pending_.end()) f->submitted_written = true;
  } else if (const auto* confirmed = std::get_if<Confirmed>(&line)) {
    const auto f = find(confirmed->hash);
    if (f == pending_.end()) return;
    if (f->prepared_at && config_.on_confirmed)
      config_.on_confirmed(std::max<std::int64_t>(clock_.now() - *f->prepared_at, 0));
    pending_.erase(f);
  } else if (const auto* failed = std::get_if<Failed>(&line)) {
    if (const auto f = find(failed->hash); f != pending_.end()) pending_.erase(f);
  } else if (const auto* expired = std::get_if<Expired>(&line)) {
    if (const auto f = find(expired->hash); f != pending_.end()) pending_.erase(f);
  }
}

std::vector<Settlement> SettlerWorker::unfinished_of(const SettlerPartition& p) const {
  std::vector<Settlement> lines;
  for (const Pending& f : pending_) {
    if (f.partition != &p) continue;
    lines.emplace_back(f.prepared);
    if (f.submitted_written) lines.emplace_back(Submitted{f.prepared.hash, "PENDING", clock_.now()});
  }
  return lines;
}

Result<bool> SettlerWorker::step() {
  if (!started_) return fail("not_started", "Call start() first.", Next::abort);
  bool moved = false;
  for (auto& p : partitions_) {
    auto followed = p->follow();
    if (!followed) return followed;
    auto kept = p->keep_snapshot(config_.snapshot_every_bytes, [&] { return unfinished_of(*p); });
    if (!kept) return tl::unexpected(kept.error());
    moved = moved || *followed;
  }
  if (!pending_.empty()) {
    auto driven = drive(pending_.front());
    if (!driven) return driven;
    return moved || *driven;
  }
  if (moved) return true;  // catch up first: later ticks make the same batch larger
  if (clock_.now() < next_plan_) return false;
  return settle_something();
}

Result<bool> SettlerWorker::drive(Pending& f) {
  if (clock_.now() < f.due) return false;
  Result<void> done;
  switch (f.action) {
    case Action::read_back:
      // It is in pending_ because it was read from the log, after our fence.
      done = move(f, ReadBack{f.partition->fenced()});
      break;
    case Action::send:
      done = send(f);
      break;
    case Action::look_up:
      done = look_up(f);
      break;
    case Action::ask_totals:
      done = ask_totals(f);
      break;
    default:  // an end that could not be written yet
      done = end(f, {f.flight.stage, f.action, 0, 0, f.fail_code});
  }
  if (!done) return tl::unexpected(done.error());
  return true;
}

Result<void> SettlerWorker::move(Pending& f, const Answer& answer) {
  Decision decision = decide(f.flight, answer);
  f.flight.stage = decision.stage;
  f.flight.looks = decision.looks;
  f.action = decision.action;
  f.fail_code = decision.code;
  f.due = clock_.now() + decision.delay_ms;
  switch (decision.action) {
    case Action::confirm:
    case Action::fail:
    case Action::expire:
    case Action::settle_by_totals:
    case Action::abandon:
      return end(f, decision);
    default:
      return {};
  }
}

Result<void> SettlerWorker::send(Pending& f) {
  auto answer = chain_.send(f.prepared.envelope);
  if (!answer) {
    chain_failed(answer.error());
    switch (answer.error().next) {
      case Next::in_doubt:
        return move(f, SendLost{});
      case Next::refused:
        return move(f, SendRejected{});
      default:
        return move(f, SendUnmade{});
    }
  }
  status_.chain_trouble.reset();
  switch (answer->status) {
    case SendStatus::try_again_later:
      return move(f, SendTryAgain{});
    case SendStatus::error:
      return move(f, SendError{answer->code});
    case SendStatus::pending:
    case SendStatus::duplicate:
      break;
  }
  const bool duplicate = answer->status == SendStatus::duplicate;
  auto moved = duplicate ? move(f, SendDuplicate{}) : move(f, SendPending{});
  if (!moved || f.submitted_written) return moved;
  const Submitted line{f.prepared.hash, duplicate ? "DUPLICATE" : "PENDING", clock_.now()};
  return f.partition->write({line});
}

Result<void> SettlerWorker::look_up(Pending& f) {
  auto answer = chain_.transaction(f.prepared);
  if (!answer) {
    chain_failed(answer.error());
    return move(f, LookUpUnmade{});
  }
  status_.chain_trouble.reset();
  f.applied = std::move(*answer);
  switch (f.applied->state) {
    case TransactionState::success:
      return move(f, LookedUpSuccess{});
    case TransactionState::failed:
      return move(f, LookedUpFailed{f.applied->code});
    case TransactionState::not_found:
      break;
  }
  return move(f, LookedUpNotFound{f.applied->oldest.sequence, f.applied->newest.close_time});
}

Result<void> SettlerWorker::ask_totals(Pending& f) {
  if (!f.prepared.credits.empty()) {
    auto answer = credits_by_totals(f.prepared);
    if (!answer) chain_failed(answer.error());
    return move(f, answer ? *answer : Answer(TotalsUnmade{}));
  }
  if (!f.prepared.refunds.empty()) {
    auto answer = refund_by_totals(f.prepared);
    if (!answer) chain_failed(answer.error());
    return move(f, answer ? *answer : Answer(TotalsUnmade{}));
  }
  auto paid = chain_.paid(f.prepared.items);
  if (!paid) {
    chain_failed(paid.error());
    return move(f, TotalsUnmade{});
  }
  bool all = paid->size() == f.prepared.items.size();
  for (std::size_t i = 0; all && i < paid->size(); ++i) all = (*paid)[i] >= f.prepared.items[i].cumulative;
  return move(f, Totals{all});
}

// Writes how a batch ended. Reading it back removes `f`, so nothing touches it afterwards.
Result<void> SettlerWorker::end(Pending& f, const Decision& decision) {
  SettlerPartition& p = *f.partition;
  const TimeMs now = clock_.now();
  std::vector<Settlement> lines;
  switch (decision.action) {
    case Action::confirm: {
      const TransactionAnswer& a = *f.applied;
      lines.push_back(Confirmed{f.prepared.hash, a.ledger, a.at, a.network_fee, a.items, a.credits});
      for (const SettledItem& item : a.items)
        if (is_permanent(item.code))
          lines.push_back(Parked{item.sum, "router_" + std::to_string(item.code), item.cumulative, now});
      for (const CreditedItem& item : a.credits)
        if (is_permanent(item.code))
          lines.push_back(
              ParkedCredit{item.meter, "router_" + std::to_string(item.code), item.cumulative, now});
      ++status_.confirmed;
      // What did not fit may fit the items of today.
      if (a.credits.empty())
        items_max_ = std::min(items_max_ + 1, config_.policy.batch_items_max);
      else
        credits_max_ = std::min(credits_max_ + 1, config_.policy.credit_items_max);
      break;
    }
    case Action::settle_by_totals: {
      Confirmed line{f.prepared.hash, 0, now, Amount(0), {}};
      for (const SettlementItem& item : f.prepared.items)
        line.items.push_back({item.sum, item.cumulative, Amount(0), Amount(0), kCodeNothingNew});
      for (const CreditItem& item : f.prepared.credits)
        line.credits.push_back({item.meter, item.cumulative, Amount(0), kCodeNothingNew});
      lines.push_back(std::move(line));
      ++status_.confirmed;
      break;
    }
    case Action::fail:
      lines.push_back(Failed{f.prepared.hash, decision.code, now});
      ++status_.failed;
      break;
    case Action::expire:
      lines.push_back(Expired{f.prepared.hash, now});
      ++status_.expired;
      break;
    default:
      return fail("fenced", "The batch was not found under our own epoch.", Next::abort);
  }
  return p.write(lines);
}

// They take turns at being first, so that none holds up the others.
Result<bool> SettlerWorker::settle_something() {
  next_plan_ = clock_.now() + config_.replan_ms;
  look_at_treasury();
  using Kind = Result<bool> (SettlerWorker::*)();
  constexpr std::array<Kind, 3> kKinds{&SettlerWorker::settle_sums, &SettlerWorker::pay_credits,
                                       &SettlerWorker::release_refunds};
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    const std::size_t kind = (kind_turn_ + i) % kKinds.size();
    auto done = (this->*kKinds[kind])();
    if (done && *done) kind_turn_ = kind + 1;
    if (!done || *done) return done;
  }
  return false;
}

Result<bool> SettlerWorker::settle_sums() {
  const TimeMs now = clock_.now();
  Policy policy = config_.policy;
  policy.batch_items_max = items_max_;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    SettlerPartition& p = *partitions_[turn_++ % partitions_.size()];
    if (const auto park = to_park(p.accrual(), now, policy); !park.empty()) {
      auto written = p.write({park.begin(), park.end()});
      if (!written) return tl::unexpected(written.error());
      return true;
    }
    auto batches = plan(p.accrual(), now, policy);
    if (!batches.empty()) return prepare(p, std::move(batches.front()));
  }
  return false;
}

std::optional<SettlerWorker::Slot> SettlerWorker::next_slot() {
  auto sequence = chain_.next_sequence();
  if (!sequence) {
    chain_failed(sequence.error());
    return std::nullopt;
  }
  auto ledger = chain_.latest_ledger();
  if (!ledger) {
    chain_failed(ledger.error());
    return std::nullopt;
  }
  // By the chain's clock, so that ours may be wrong.
  return Slot{*sequence, whole_second(ledger->close_time + config_.valid_ms)};
}

Result<bool> SettlerWorker::prepare(SettlerPartition& p, Batch batch) {
  const auto slot = next_slot();
  if (!slot) return false;
  auto preparation = chain_.prepare(batch, slot->sequence, TimeMs{}, slot->max_time);
  if (!preparation) return refused_to_prepare(p, batch, preparation.error());
  status_.chain_trouble.reset();
  auto dropped = drop_foretold(p, batch, preparation->codes);
  if (!dropped || *dropped) return dropped;
  auto written = p.write({std::move(preparation->prepared)});
  if (!written) return tl::unexpected(written.error());
  return true;
}

// What the simulation says would be skipped, or stands already, costs a fee for nothing: take it out and plan
// anew.
Result<bool> SettlerWorker::drop_foretold(SettlerPartition& p, const Batch& batch,
                                          const std::vector<std::int32_t>& codes) {
  bool dropped = false;
  std::vector<Settlement> park;
  const TimeMs now = clock_.now();
  for (std::size_t i = 0; i < batch.size() && i < codes.size(); ++i) {
    if (codes[i] == kCodePaid) continue;
    dropped = true;
    p.accrual().foretold(batch[i], codes[i], now);
    if (is_permanent(codes[i]))
      park.push_back(Parked{batch[i].sum, "router_" + std::to_string(codes[i]), batch[i].cumulative, now});
  }
  if (dropped) next_plan_ = now;
  if (!park.empty())
    if (auto written = p.write(park); !written) return tl::unexpected(written.error());
  return dropped;
}

Result<bool> SettlerWorker::refused_to_prepare(SettlerPartition& p, const Batch& batch, const Error& error) {
  if (error.code.starts_with("limit_")) {
    if (batch.size() > 1) {
      items_max_ = std::max<std::size_t>(1, batch.size() / 2);
      next_plan_ = clock_.now();
      return true;
    }
    auto written = p.write({Parked{batch.front().sum, error.code, batch.front().cumulative, clock_.now()}});
    if (!written) return tl::unexpected(written.error());
    return true;
  }
  // It says no to the whole: perhaps because of one item, which must not hold up the others.
  if (error.code == "simulation_failed") {
    if (batch.size() > 1)
      items_max_ = std::max<std::size_t>(1, batch.size() / 2);
    else
      p.accrual().foretold(batch.front(), kCodeMeterFailed, clock_.now());
  }
  chain_failed(error);
  return false;
}

void SettlerWorker::chain_failed(const Error& error) {
  status_.chain_trouble = error;
  next_plan_ = clock_.now() + config_.backoff_ms;
}

bool SettlerWorker::idle() {
  if (!pending_.empty()) return false;
  const TimeMs now = clock_.now();
  return std::all_of(partitions_.begin(), partitions_.end(), [&](const auto& p) {
    const bool credits = chain_.has_treasury() && !p->accrual().credits().plan(now, credits_max_).empty();
    const bool refunds = p->accrual().refunds().plan(p->accrual().sums(), now).has_value();
    return !credits && !refunds && plan(p->accrual(), now, config_.policy).empty();
  });
}

SettlerStatus SettlerWorker::status() const {
  SettlerStatus out = status_;
  out.in_flight = pending_.size();
  for (const auto& p : partitions_) {
    out.due = add(out.due, p->accrual().due()).value_or(kMaxAmount);
    out.settled = add(out.settled, p->accrual().settled()).value_or(kMaxAmount);
    out.parked += p->accrual().parked();
    const Credits& credits = p->accrual().credits();
    out.credits_ordered = add(out.credits_ordered, credits.ordered()).value_or(kMaxAmount);
    out.credits_paid = add(out.credits_paid, credits.credited()).value_or(kMaxAmount);
    out.credits_waiting += credits.waiting();
    out.credits_parked += credits.parked();
    const Refunds& refunds = p->accrual().refunds();
    out.refunds_waiting += refunds.waiting();
    if (const auto oldest = refunds.oldest())
      out.refund_oldest = std::min(out.refund_oldest.value_or(*oldest), *oldest);
    out.snapshots += p->snapshots();
    out.restored += p->restored() ? 1 : 0;
  }
  return out;
}

const Accrual& SettlerWorker::accrual(PartitionId partition) const {
  return (*std::find_if(partitions_.begin(), partitions_.end(),
                        [&](const auto& p) { return p->id() == partition; }))
      ->accrual();
}

}  // namespace paytick::settler
