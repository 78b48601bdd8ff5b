#include "simulation/auditor.h"

#include <algorithm>

namespace paytick::simulation {
namespace {

constexpr std::int64_t kDefaultLimit = 100'000'000;  // 10 XLM
constexpr std::int64_t kIdleMs = 60'000;

}  // namespace

void Auditor::input(TimeMs append_time, const Input& input) {
  now_ = std::max(now_, append_time.ms);
  if (const auto* e = std::get_if<Open>(&input)) return on(*e);
  if (const auto* e = std::get_if<Heartbeat>(&input)) return on(*e);
  if (const auto* e = std::get_if<Stop>(&input)) return on(*e);
  if (const auto* e = std::get_if<Clock>(&input)) return on(*e);
  if (const auto* e = std::get_if<GatewayStarted>(&input)) return on(*e);
  if (const auto* e = std::get_if<MeterReport>(&input)) return on(*e);
  ++unknown_;
}

bool Auditor::alive(const Session& s, const Screen& a) const {
  return now_ - a.t <= s.open.plan.heartbeat_ms + jitter_ms(s.open.plan);
}

Auditor::Session* Auditor::find(const AttachmentId& id) {
  const auto i = where_.find(id);
  if (i == where_.end()) return nullptr;
  Session& s = sessions_[i->second];
  return s.closed || !s.screens.contains(id) ? nullptr : &s;
}

void Auditor::on(const Open& e) {
  if (e.at.ms < now_ - e.late_ms || e.at.ms > now_ + kAheadMs) return;
  const auto same = [&](const Session& s) { return s.open.session == e.session; };
  if (known_.contains(e.attachment) || std::any_of(sessions_.begin(), sessions_.end(), same)) return;
  known_.insert(e.attachment);
  const auto& owner = meters_[e.meter].viewer;
  if (owner && *owner != e.viewer) return;
  std::optional<std::size_t> old;
  for (std::size_t i = 0; i < sessions_.size(); ++i) {
    const Session& s = sessions_[i];
    if (s.closed || s.open.viewer != e.viewer || s.open.meter != e.meter || s.open.content != e.content)
      continue;
    if (e.resume == s.open.session) {
      old = i;
      break;
    }
    const auto here = [&](const auto& x) { return alive(s, x.second); };
    const bool watched = std::any_of(s.screens.begin(), s.screens.end(), here);
    if (!watched && e.at.ms >= s.open.at.ms - jitter_ms(s.open.plan) && e.at.ms < s.ends()) old = i;
  }
  if (!old) {
    old = sessions_.size();
    sessions_.push_back({});
    sessions_.back().open = e;
  }
  Session& s = sessions_[*old];
  std::erase_if(s.screens, [&](const auto& x) { return !alive(s, x.second); });
  s.screens[e.attachment] = {e.gateway, e.boot, e.at.ms, now_, e.late_ms};
  s.last = std::max(s.last, now_);
  where_[e.attachment] = *old;
}

void Auditor::on(const Heartbeat& e) {
  Session* s = find(e.attachment);
  if (!s) return;
  Screen& screen = s->screens[e.attachment];
  if (e.at.ms < now_ - screen.late_ms || e.at.ms > now_ + kAheadMs) return;
  const Plan& plan = s->open.plan;
  const std::int64_t since = e.at.ms - s->open.at.ms + jitter_ms(plan);
  Meter& meter = meters_[s->open.meter];
  if (since < 0 || (meter.viewer && *meter.viewer != s->open.viewer)) return;
  screen.at = std::max(screen.at, e.at.ms);
  screen.t = std::max(screen.t, now_);
  s->last = std::max(s->last, now_);
  std::set<std::int64_t> wanted;
  if (s->fixed.empty())
    for (std::int64_t k = 0; k < plan.minimum_ticks; ++k) wanted.insert(k);
  for (std::int64_t i = 0; i < plan.heartbeat_ms / plan.tick_ms; ++i) wanted.insert(since / plan.tick_ms + i);
  const std::int64_t price = plan.price_per_tick.units();
  for (const std::int64_t k : wanted) {
    if (s->bought.contains(k)) continue;
    const std::int64_t spendable =
        std::min(meter.deposited - meter.refunded, meter.allowance) - meter.charged;
    if (price > spendable || spent_[s->open.viewer] + price > kDefaultLimit) break;
    s->bought.insert(k);
    meter.charged += price;
    spent_[s->open.viewer] += price;
    sums_[s->sum()].charged += price;
    if (k < plan.minimum_ticks) s->fixed.insert(k);
    if (s->fixed.contains(k) || !plan.refund_unused) make_due(*s, k);
  }
}

void Auditor::make_due(Session& s, std::int64_t k) {
  if (s.due.insert(k).second) sums_[s.sum()].due += s.open.plan.price_per_tick.units();
}

void Auditor::give_back(Session& s, std::int64_t at) {
  if (!s.open.plan.refund_unused) return;
  const std::int64_t price = s.open.plan.price_per_tick.units();
  const auto bought = s.bought;
  for (const std::int64_t k : bought) {
    if (s.begins(k) <= at || s.due.contains(k)) continue;
    s.bought.erase(k);
    meters_[s.open.meter].charged -= price;
    spent_[s.open.viewer] -= price;
    sums_[s.sum()].charged -= price;
  }
}

void Auditor::on(const Stop& e) {
  Session* s = find(e.attachment);
  if (!s) return;
  const std::int64_t late = s->screens[e.attachment].late_ms;
  s->screens.erase(e.attachment);
  if (s->screens.empty()) give_back(*s, std::clamp(e.at.ms, now_ - late, now_));
}

void Auditor::on(const GatewayStarted& e) {
  for (Session& s : sessions_) {
    if (s.closed) continue;
    std::optional<std::int64_t> at;
    for (const auto& [id, a] : s.screens)
      if (a.gateway == e.gateway && a.boot < e.boot) at = std::max(at.value_or(a.at), a.at);
    std::erase_if(s.screens,
                  [&](const auto& x) { return x.second.gateway == e.gateway && x.second.boot < e.boot; });
    if (at && s.screens.empty()) give_back(s, *at);
  }
}

void Auditor::on(const Clock&) {
  for (Session& s : sessions_) {
    if (s.closed) continue;
    for (const std::int64_t k : s.bought)
      if (s.begins(k) <= now_) make_due(s, k);
    if (now_ - s.last >= kIdleMs && now_ >= s.ends()) s.closed = true;
  }
}

void Auditor::on(const MeterReport& e) {
  Meter& m = meters_[e.meter];
  if (!m.viewer) m.viewer = e.viewer;
  m.deposited = std::max(m.deposited, e.deposited.units());
  m.refunded = std::max(m.refunded, e.refunded.units());
  if (m.version && e.version <= *m.version) return;
  m.version = e.version;
  m.allowance = std::max(m.allowance, e.allowance.units());
}

void Auditor::output(const Output& line) {
  const auto trouble = [&](const SessionId& id, const char* what) {
    if (!line_trouble_) line_trouble_ = "session " + to_text(id) + ": " + what;
  };
  if (const auto* l = std::get_if<SumLine>(&line)) {
    line_names_[l->sum] = {l->meter, l->creator, l->bps};
    line_sums_[l->sum];
    return;
  }
  if (const auto* l = std::get_if<TickLine>(&line)) {
    for (std::int64_t k = l->k; k < l->k + l->n; ++k)
      if (!line_ticks_[l->session].insert(k).second) trouble(l->session, "a tick is billed twice");
    line_sums_[l->sum] = {l->charged.units(), l->due.units()};
    return;
  }
  if (const auto* l = std::get_if<AdjustLine>(&line)) {
    for (std::int64_t k = l->k; k < l->k + l->n; ++k)
      if (line_ticks_[l->session].erase(k) == 0) trouble(l->session, "a tick not bought is given back");
    line_sums_[l->sum] = {l->charged.units(), l->due.units()};
    return;
  }
  if (const auto* l = std::get_if<DueLine>(&line)) {
    for (const auto& [sum, due] : l->sums) line_sums_[sum].due = due.units();
  }
}

std::optional<std::string> Auditor::difference() const {
  if (line_trouble_) return line_trouble_;
  std::map<SumKey, Money> told;
  for (const auto& [sum, money] : line_sums_) {
    const auto name = line_names_.find(sum);
    if (name == line_names_.end()) return "a sum has no name";
    told[name->second] = money;
  }
  for (const Session& s : sessions_) {
    const auto i = line_ticks_.find(s.open.session);
    const std::size_t got = i == line_ticks_.end() ? 0 : i->second.size();
    if (got != s.bought.size() || (got != 0 && i->second != s.bought))
      return "session " + to_text(s.open.session) + " has " + std::to_string(got) + " ticks on the log, " +
             std::to_string(s.bought.size()) + " by its inputs, or others";
  }
  for (const auto& [key, want] : sums_) {
    const Money got = told[key];
    if (got.charged != want.charged || got.due != want.due)
      return "a sum is " + std::to_string(got.charged) + "/" + std::to_string(got.due) + " on the log, " +
             std::to_string(want.charged) + "/" + std::to_string(want.due) + " by its inputs";
  }
  for (const auto& [key, got] : told)
    if (!sums_.contains(key) && got.charged != 0) return "a sum on the log has no input";
  return std::nullopt;
}

}  // namespace paytick::simulation
