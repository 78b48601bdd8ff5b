// What the chain and people say: totals, limits, pauses, freezes, charges, credits, refunds, closed contents.

#include <algorithm>
#include <chrono>
#include <utility>

#include "simulation/auditor.h"

namespace paytick::simulation {
namespace {

constexpr std::int64_t kKeyMs = 7 * 86'400'000LL;
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
}

void Auditor::hold(const ViewerId& viewer, const std::optional<SessionId>& session, bool on) {
  if (!session) {
    viewers_[viewer].paused = on;
    if (on) give_back_all(viewer);
    return;
  }
  const auto s = std::find_if(sessions_.begin(), sessions_.end(), [&](const Session& x) {
    return x.open.session == *session && x.open.viewer == viewer && !x.closed;
  });
  if (s == sessions_.end()) {
    ++refused_;
    return;
  }
  s->paused = on;
  if (on) give_back(*s, now_);
}

void Auditor::give_back_all(const ViewerId& viewer) {
  for (Session& s : sessions_)
    if (s.open.viewer == viewer && !s.closed) give_back(s, now_);
}

void Auditor::on(const Freeze& e) {
  viewers_[e.viewer].frozen = true;
  give_back_all(e.viewer);
}

void Auditor::on(const Unfreeze& e) { viewers_[e.viewer].frozen = false; }

bool Auditor::fresh(Keys& keys, const std::string& key, const Input& what) {
  std::erase_if(keys, [&](const auto& k) { return !k.second.ticket && now_ - k.second.t >= kKeyMs; });
  const auto known = keys.find(key);
  if (known == keys.end()) return true;
  if (!(known->second.what == what)) ++refused_;
  return false;
}

void Auditor::on(const Charge& e) {
  Viewer& v = viewers_[e.viewer];
  Meter& m = meters_[e.meter];
  roll(v);
  if (!fresh(v.charges, e.key, e)) return;
  const auto keys =
      std::count_if(v.charges.begin(), v.charges.end(), [](const auto& k) { return !k.second.ticket; });
  const std::int64_t amount = e.amount.units();
  if (m.foreign(e.viewer) || amount <= 0 || v.frozen || v.paused || m.asked_back || keys >= kKeysMax ||
      amount > m.spendable() || amount > v.left()) {
    ++refused_;  // and not remembered
    return;
  }
  v.charges[e.key] = {now_, e, e.kind == ChargeKind::ticket};
  m.charged += amount;
  spend(e.viewer, amount);
  Money& sum = sums_[{e.meter, e.creator, e.bps}];
  sum.charged += amount;
  sum.due += amount;
  keys_charged_.insert(e.key + " " + std::to_string(amount));
}

// An order to pay into the meter; spendable only when the chain reports the deposit.
void Auditor::on(const Credit& e) {
  if (meters_[e.meter].foreign(e.viewer) || e.amount.units() <= 0) {
    ++refused_;
    return;
  }
  Credit what{e.viewer, e.meter, e.amount, e.key, {}, {}};  // words do not make it another order
  Keys& keys = viewers_[e.viewer].credits;
  if (!fresh(keys, e.key, what)) return;
  if (static_cast<std::int64_t>(keys.size()) >= kKeysMax) {
    ++refused_;
    return;
  }
  keys[e.key] = {now_, what, false};
  keys_credited_.insert(e.key + " " + std::to_string(e.amount.units()));
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
    give_back(s, now_);
    halt(s, HaltReason::content);
  }
}

}  // namespace paytick::simulation
