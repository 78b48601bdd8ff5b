// Sessions: opens, heartbeats, stops, gateways, the clock.

#include "simulation/auditor.h"

#include <algorithm>

namespace paytick::simulation {
namespace {

constexpr std::int64_t kIdleMs = 60'000, kHeldIdleMs = 86'400'000;

}  // namespace

void Auditor::input(TimeMs append_time, const Input& input) {
  now_ = std::max(now_, append_time.ms);
  std::visit([this](const auto& e) { on(e); }, input);
}

bool Auditor::in_time(TimeMs at, std::int64_t late_ms) const {
  return at.ms >= now_ - late_ms && at.ms <= now_ + kAheadMs;
}

bool Auditor::alive(const Session& s, const Screen& a) const {
  return s.open.call || now_ - a.t <= s.open.plan.heartbeat_ms + jitter_ms(s.open.plan);
}

Auditor::Session* Auditor::find(const AttachmentId& id) {
  const auto i = where_.find(id);
  if (i == where_.end()) return nullptr;
  Session& s = sessions_[i->second];
  return s.closed || !s.screens.contains(id) ? nullptr : &s;
}

// The token decides; else the newest that nobody watches and whose paid time holds the open. Each call is its
// own.
std::optional<std::size_t> Auditor::continued(const Open& e) const {
  std::optional<std::size_t> fits;
  for (std::size_t i = 0; !e.call && i < sessions_.size(); ++i) {
    const Session& s = sessions_[i];
    if (s.open.call || s.closed || s.open.viewer != e.viewer || s.open.meter != e.meter ||
        s.open.content != e.content)
      continue;
    if (e.resume == s.open.session) return i;
    const auto here = [&](const auto& x) { return alive(s, x.second); };
    const bool watched = std::any_of(s.screens.begin(), s.screens.end(), here);
    if (!watched && e.at.ms >= s.open.at.ms - jitter_ms(s.open.plan) && e.at.ms < s.ends()) fits = i;
  }
  return fits;
}

void Auditor::on(const Open& e) {
  if (!in_time(e.at, e.late_ms)) {
    ++late_;
    return;
  }
  const auto same = [&](const Session& s) { return s.open.session == e.session; };
  if (known_.contains(e.attachment) || std::any_of(sessions_.begin(), sessions_.end(), same)) return;
  // No later state can mend these: the attachment is used up.
  const auto meter = meters_.find(e.meter);
  const bool foreign = meter != meters_.end() && meter->second.foreign(e.viewer);
  if (foreign || closed_contents_.contains(e.content) || (e.call && e.plan.refund_unused)) {
    known_.insert(e.attachment);
    ++refused_;
    return;
  }
  if (!may_open(e)) {
    ++refused_;
    return;
  }
  known_.insert(e.attachment);
  std::size_t i = sessions_.size();
  if (const auto old = continued(e))
    i = *old;
  else
    begin(e);
  Session& s = sessions_[i];
  std::erase_if(s.screens, [&](const auto& x) { return !alive(s, x.second); });
  s.screens[e.attachment] = {e.gateway, e.boot, e.at.ms, now_};
  s.late_ms = std::max(s.late_ms, e.late_ms);
  s.last = std::max(s.last, now_);
  where_[e.attachment] = i;
}

// Where only who has joined, or has a ticket, may be billed.
bool Auditor::may_open(const Open& e) const {
  const auto viewer = viewers_.find(e.viewer);
  const Viewer none;
  const Viewer& v = viewer == viewers_.end() ? none : viewer->second;
  if (e.join_required && !v.joined.contains(e.content)) return false;
  const auto is_for = [&](const auto& key) { return key.second.ticket == e.content; };
  return !e.ticket_required || std::any_of(v.charges.begin(), v.charges.end(), is_for);
}

// Free ticks are given with the first session of a content, and never again.
void Auditor::begin(const Open& e) {
  Session& s = sessions_.emplace_back();
  s.open = e;
  s.first = e.at.ms;
  Plan& plan = s.open.plan;
  const bool free = plan.initial_ticks != 0 && plan.initial_price == Amount(0);
  if (free && !viewers_[e.viewer].given_free.insert(e.content).second) plan.initial_ticks = 0;
  holds_changed(e.viewer);
}

std::int64_t Auditor::Session::ends() const {
  if (open.call) return block_begins(static_cast<std::int64_t>(bought.size()), true);
  return bought.empty() ? open.at.ms : begins(*bought.rbegin() + 1);
}

// The first ticks cost the initial price together, and tick 0 carries it.
std::int64_t Auditor::Session::price(std::int64_t k) const {
  const Plan& plan = open.plan;
  if (k == 0 && plan.initial_ticks > 0) return plan.initial_price.units();
  return k < plan.initial_ticks ? 0 : plan.price_per_tick.units();
}

std::optional<HaltReason> Auditor::held(const Session& s) const {
  const Viewer& v = viewers_.at(s.open.viewer);
  if (v.frozen) return HaltReason::frozen;
  if (v.paused || s.paused) return HaltReason::paused;
  return stopped(s);
}

std::optional<HaltReason> Auditor::stopped(const Session& s) const {
  if (closed_contents_.contains(s.open.content)) return HaltReason::content;
  if (meters_.at(s.open.meter).asked_back) return HaltReason::refund;
  return std::nullopt;
}

std::optional<HaltReason> Auditor::too_dear(const Session& s, std::int64_t price) const {
  if (price > meters_.at(s.open.meter).spendable()) return HaltReason::balance;
  if (price > viewers_.at(s.open.viewer).left()) return HaltReason::limit;
  return std::nullopt;
}

void Auditor::buy_all(Session& s, const std::set<std::int64_t>& wanted, std::optional<HaltReason> reason) {
  roll(viewers_[s.open.viewer]);
  for (const std::int64_t k : wanted) {
    if (!reason) reason = too_dear(s, s.price(k));
    if (reason) break;
    buy(s, k);
  }
  if (reason) return halt(s, *reason);
  s.halt.reset();
}

void Auditor::on(const Heartbeat& e) {
  Session* s = find(e.attachment);
  if (!s) {
    ++refused_;
    return;
  }
  if (!in_time(e.at, s->late_ms)) {
    ++late_;
    return;
  }
  const Plan& plan = s->open.plan;
  const std::int64_t since = e.at.ms - s->open.at.ms + jitter_ms(plan);
  Meter& meter = meters_[s->open.meter];
  if (since < 0 || meter.foreign(s->open.viewer)) {
    ++refused_;
    return;
  }
  Screen& screen = s->screens[e.attachment];
  screen.at = std::max(screen.at, e.at.ms);
  screen.t = std::max(screen.t, now_);
  s->last = std::max(s->last, now_);
  viewers_[s->open.viewer];
  if (s->open.call) return ping_call(*s, e.at.ms);
  std::set<std::int64_t> wanted;
  if (s->fixed.empty())
    for (std::int64_t k = 0; k < plan.minimum_ticks; ++k) wanted.insert(k);
  for (std::int64_t i = 0; i < plan.heartbeat_ms / plan.tick_ms; ++i) wanted.insert(since / plan.tick_ms + i);
  std::erase_if(wanted, [&](std::int64_t k) { return s->bought.contains(k); });
  if (wanted.empty()) return;
  buy_all(*s, wanted, held(*s));
}

void Auditor::buy(Session& s, std::int64_t k) {
  const std::int64_t price = s.price(k);
  s.bought.insert(k);
  s.when[k] = viewers_[s.open.viewer].now;
  meters_[s.open.meter].charged += price;
  spend(s.open.viewer, price);
  sums_[s.sum()].charged += price;
  if (k < s.open.plan.minimum_ticks) s.fixed.insert(k);
  if (s.fixed.contains(k) || !s.open.plan.refund_unused) make_due(s, k);
}

void Auditor::make_due(Session& s, std::int64_t k) {
  if (s.due.insert(k).second) sums_[s.sum()].due += s.price(k);
}

void Auditor::give_back(Session& s, std::int64_t at) {
  if (!s.open.plan.refund_unused) return;
  const auto bought = s.bought;
  for (const std::int64_t k : bought) {
    if (s.begins(k) <= at || s.due.contains(k)) continue;
    const std::int64_t price = s.price(k);
    s.bought.erase(k);
    meters_[s.open.meter].charged -= price;
    sums_[s.sum()].charged -= price;
    Viewer& v = viewers_[s.open.viewer];
    v.spent[static_cast<std::size_t>(Period::total)] -= price;
    if (s.when[k].day == v.now.day) v.spent[static_cast<std::size_t>(Period::day)] -= price;
    if (s.when[k].month == v.now.month) v.spent[static_cast<std::size_t>(Period::month)] -= price;
  }
}

void Auditor::halt(Session& s, HaltReason reason) {
  if (s.halt != reason) s.halts.push_back(reason);
  s.halt = reason;
}

void Auditor::on(const Stop& e) {
  Session* s = find(e.attachment);
  if (!s) {
    ++refused_;
    return;
  }
  s->screens.erase(e.attachment);
  if (s->screens.empty()) leave(*s, std::clamp(e.at.ms, now_ - s->late_ms, now_));
}

void Auditor::leave(Session& s, std::int64_t at) {
  give_back(s, at);
  end_call(s, at);
}

void Auditor::on(const GatewayStarted& e) {
  for (Session& s : sessions_) {
    if (s.closed) continue;
    std::optional<std::int64_t> at;
    for (const auto& [id, a] : s.screens)
      if (a.gateway == e.gateway && a.boot < e.boot) at = std::max(at.value_or(a.at), a.at);
    std::erase_if(s.screens,
                  [&](const auto& x) { return x.second.gateway == e.gateway && x.second.boot < e.boot; });
    if (at && s.screens.empty()) leave(s, *at);
  }
}

void Auditor::on(const Clock&) {
  for (Session& s : sessions_) {
    if (s.closed) continue;
    for (const std::int64_t k : s.bought)
      if (s.begins(k) <= now_) make_due(s, k);
    const Viewer& v = viewers_[s.open.viewer];
    const bool waits = s.open.call ? s.runs() : s.paused || v.paused || v.frozen;
    if (now_ - s.last >= (waits ? kHeldIdleMs : kIdleMs) && now_ >= s.ends()) s.closed = true;
  }
}

std::map<SessionId, Auditor::SessionBill> Auditor::sessions() const {
  std::map<SessionId, SessionBill> out;
  for (const Session& s : sessions_) {
    std::int64_t amount = 0;
    for (const std::int64_t k : s.bought) amount += s.price(k);
    out[s.open.session] = {static_cast<std::int64_t>(s.bought.size()), amount, s.closed, s.halt};
  }
  return out;
}

std::int64_t Auditor::spendable(const MeterId& meter) const {
  const auto i = meters_.find(meter);
  return i == meters_.end() ? 0 : i->second.spendable();
}

}  // namespace paytick::simulation
