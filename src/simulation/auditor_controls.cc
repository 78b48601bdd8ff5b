// What the chain and people say: totals, limits, pauses, freezes, charges, credits, refunds, closed contents.

#include <algorithm>
#include <chrono>
#include <utility>

#include "simulation/auditor.h"

namespace paytick::simulation {
namespace {

constexpr std::int64_t kKeysMax = 256;

}  // namespace

// In UTC. A period never goes backwards, since `now_` does not.
void Auditor::roll(Viewer& v) const {
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::milliseconds(now_));
  const std::chrono::year_month_day date{std::chrono::sys_days(day)};
  const Periods now{day.count(), int{date.year()} * 12LL + unsigned{date.month()}};
  if (now.day > v.now.day) v.spent[static_cast<std::size_t>(Period::day)] = 0;
  if (now.month > v.now.month) v.spent[static_cast<std::size_t>(Period::month)] = 0;
  v.now = now;
}

void Auditor::spend(const ViewerId& viewer, std::int64_t amount) {
  for (std::int64_t& spent : viewers_[viewer].spent) spent += amount;
}

void Auditor::on(const MeterReport& e) {
  Meter& m = meters_[e.meter];
  if (!m.viewer) m.viewer = e.viewer;
  m.deposited = std::max(m.deposited, e.deposited.units());
  m.refunded = std::max(m.refunded, e.refunded.units());
  m.ledger = std::max(m.ledger, e.ledger);
  if (m.version && e.version <= *m.version) return;
  m.version = e.version;
  m.allowance = std::max(m.allowance, e.allowance.units());
  if (e.refund_at == TimeMs{})
    m.asked_back = false;
  else if (m.viewer == e.viewer)
    ask_back(e.viewer, e.meter);
}

void Auditor::on(const Limit& e) {
  Viewer& v = viewers_[e.viewer];
  v.limit = e.amount.units();
  v.period = e.period;
  done(e.reply, &e.viewer, nullptr);
}

void Auditor::hold(const ViewerId& viewer, const std::optional<SessionId>& session, bool on,
                   const ReplyTo& to) {
  if (!session) {
    viewers_[viewer].paused = on;
    if (on) give_back_all(viewer);
    holds_changed(viewer);
    return done(to, &viewer, nullptr);
  }
  const auto s = std::find_if(sessions_.begin(), sessions_.end(), [&](const Session& x) {
    return x.open.session == *session && x.open.viewer == viewer && !x.closed;
  });
  if (s == sessions_.end()) return refuse(to);
  s->paused = on;
  if (on) give_back(*s, now_);
  holds_changed(viewer);
  Outcome outcome;
  outcome.paused = on;
  done(to, &viewer, &s->open.meter, outcome);
}

void Auditor::give_back_all(const ViewerId& viewer) {
  for (Session& s : sessions_)
    if (s.open.viewer == viewer && !s.closed) give_back(s, now_);
}

void Auditor::on(const Freeze& e) {
  viewers_[e.viewer].frozen = true;
  give_back_all(e.viewer);
  holds_changed(e.viewer);
  done(e.reply, &e.viewer, nullptr);
}

void Auditor::on(const Unfreeze& e) {
  viewers_[e.viewer].frozen = false;
  holds_changed(e.viewer);
  done(e.reply, &e.viewer, nullptr);
}

bool Auditor::fresh(Keys& keys, const std::string& key, const Input& what, const ReplyTo& to,
                    const ViewerId& viewer, const MeterId& meter) {
  std::erase_if(keys, [&](const auto& k) { return !k.second.ticket && now_ - k.second.t >= kKeyMs; });
  const auto known = keys.find(key);
  if (known == keys.end()) return true;
  Outcome before;
  before.repeated = before.has_key = true;
  before.amount = known->second.amount;
  if (known->second.what == what)
    done(to, &viewer, &meter, before);
  else
    refuse(to);
  return false;
}

std::int64_t Auditor::timed_keys(const Keys& keys) {
  return std::count_if(keys.begin(), keys.end(), [](const auto& k) { return !k.second.ticket; });
}

// What a key stands for under which something with a key of its own was asked for.
Input Auditor::claim_of(const std::string& key) {
  Ask what;
  what.key = key;
  return what;
}

// Whether it is to be remembered; nothing when it stands for something else.
std::optional<bool> Auditor::claimed(Keys& keys, const std::string& claim, const std::string& of) const {
  std::erase_if(keys, [&](const auto& k) { return !k.second.ticket && now_ - k.second.t >= kKeyMs; });
  const auto known = claim.empty() ? keys.end() : keys.find(claim);
  if (known == keys.end()) return !claim.empty();
  if (known->second.what != claim_of(of)) return std::nullopt;
  return false;
}

void Auditor::on(const Charge& e) {
  Viewer& v = viewers_[e.viewer];
  Meter& m = meters_[e.meter];
  roll(v);
  Charge what = e;
  what.reply = {};
  what.claim = {};
  const auto claim = claimed(v.charges, e.claim, e.key);
  if (!claim) return refuse(e.reply);
  const auto remember = [&] {
    if (*claim) v.charges[e.claim] = {now_, claim_of(e.key), std::nullopt, Amount()};
  };
  if (v.charges.contains(e.key)) {
    if (*claim && timed_keys(v.charges) >= kKeysMax) return refuse(e.reply);
    remember();
  }
  if (!fresh(v.charges, e.key, what, e.reply, e.viewer, e.meter)) return;
  const std::int64_t amount = e.amount.units();
  const bool ticket = e.kind == ChargeKind::ticket;
  const bool sold_out = ticket && closed_contents_.contains(e.content);
  if (m.foreign(e.viewer) || amount <= 0 || v.frozen || v.paused || m.asked_back ||
      timed_keys(v.charges) >= kKeysMax || sold_out || amount > m.spendable() || amount > v.left())
    return refuse(e.reply);  // and not remembered
  v.charges[e.key] = {now_, what, ticket ? std::optional(e.content) : std::nullopt, e.amount};
  remember();
  m.charged += amount;
  spend(e.viewer, amount);
  Money& sum = sums_[{e.meter, e.creator, e.bps}];
  sum.charged += amount;
  sum.due += amount;
  keys_charged_.insert(e.key + " " + std::to_string(amount));
  Outcome outcome;
  outcome.has_key = true;
  outcome.amount = e.amount;
  done(e.reply, &e.viewer, &e.meter, outcome);
}

// Under a key it is ordered once, and the answer stays what it was.
void Auditor::on(const Payout& e) {
  if (e.key.empty()) {
    payouts_.insert(e.creator);
    return;
  }
  Keys& keys = viewers_[e.creator].charges;
  std::erase_if(keys, [&](const auto& k) { return !k.second.ticket && now_ - k.second.t >= kKeyMs; });
  const auto known = keys.find(e.key);
  Outcome outcome;
  outcome.has_key = true;
  outcome.repeated = known != keys.end();
  if (outcome.repeated) {
    if (!std::holds_alternative<Payout>(known->second.what)) return refuse(e.reply);
    outcome.amount = known->second.amount;
  } else {
    if (timed_keys(keys) >= kKeysMax) return refuse(e.reply);
    outcome.amount = e.pending.value_or(kUnknownPending);
    keys[e.key] = {now_, e, std::nullopt, outcome.amount};
    payouts_.insert(e.creator);
  }
  done(e.reply, &e.creator, nullptr, outcome);
}

// An order to pay into the meter; spendable only when the chain reports the deposit.
void Auditor::on(const Credit& e) {
  if (meters_[e.meter].foreign(e.viewer) || e.amount.units() <= 0) return refuse(e.reply);
  Credit what{e.viewer, e.meter, e.amount, e.key, {}, {}};  // words do not make it another order
  Keys& keys = viewers_[e.viewer].credits;
  const bool of_ticket = !e.content.is_zero() && !closed_contents_.contains(e.content);
  const auto claim = claimed(keys, e.claim, e.key);
  if (!claim) return refuse(e.reply);
  if (const auto known = keys.find(e.key); known != keys.end() && known->second.what == Input(what)) {
    if (*claim && timed_keys(keys) >= kKeysMax) return refuse(e.reply);
    if (*claim) keys[e.claim] = {now_, claim_of(e.key), std::nullopt, Amount()};
  }
  if (!fresh(keys, e.key, what, e.reply, e.viewer, e.meter)) return;
  if (timed_keys(keys) >= kKeysMax) return refuse(e.reply);
  keys[e.key] = {now_, what, of_ticket ? std::optional(e.content) : std::nullopt, e.amount};
  if (*claim) keys[e.claim] = {now_, claim_of(e.key), std::nullopt, Amount()};
  keys_credited_.insert(e.key + " " + std::to_string(e.amount.units()));
  credited_[e.meter] += e.amount.units();
  Outcome outcome;
  outcome.has_key = true;
  outcome.amount = e.amount;
  done(e.reply, &e.viewer, &e.meter, outcome);
}

// A report of the request's ledger or a later one knows of it, and whether it is over.
void Auditor::on(const RefundRequest& e) {
  Meter& m = meters_[e.meter];
  if (m.foreign(e.viewer)) {
    ++refused_;
    return;
  }
  if (m.viewer && e.ledger <= m.ledger) return;
  ask_back(e.viewer, e.meter);
}

// Nothing is bought on the meter until the chain says that no refund is pending.
void Auditor::ask_back(const ViewerId& viewer, const MeterId& meter) {
  if (std::exchange(meters_[meter].asked_back, true)) return;
  for (Session& s : sessions_) {
    if (s.closed || s.open.meter != meter || s.open.viewer != viewer) continue;
    give_back(s, now_);
    halt(s, HaltReason::refund);
  }
}

void Auditor::on(const ContentClosed& e) {
  if (!closed_contents_.insert(e.content).second) return;
  for (Session& s : sessions_) {
    if (s.closed || s.open.content != e.content) continue;
    leave(s, now_);
    halt(s, HaltReason::content);
  }
  for (auto& [id, v] : viewers_) {
    std::erase_if(v.charges, [&](const auto& key) { return key.second.ticket == e.content; });
    for (auto& [key, given] : v.credits)
      if (given.ticket == e.content) given.ticket.reset(), given.t = now_;
    v.joined.erase(e.content);
  }
}

}  // namespace paytick::simulation
