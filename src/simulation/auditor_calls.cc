// Calls: sessions in blocks. What holds a call stops its clock: a block that has not begun then begins later
// by as long as it is held.

#include <algorithm>

#include "simulation/auditor.h"

namespace paytick::simulation {
namespace {

constexpr std::int64_t kBlocksAtOnce = 10;

}  // namespace

std::int64_t Auditor::Session::block_begins(std::int64_t k, bool forecast) const {
  std::int64_t at = first + k * open.plan.tick_ms;
  for (const auto& [from, to] : holds) {
    if (at < from || (forecast && to == kNever)) continue;
    if (to == kNever) return kNever;
    at += to - from;
  }
  return at;
}

void Auditor::holds_changed(const ViewerId& viewer) {
  const Viewer& v = viewers_[viewer];
  for (Session& s : sessions_) {
    if (!s.open.call || s.open.viewer != viewer || s.closed || s.end != kNever) continue;
    const bool stands = !s.holds.empty() && s.holds.back().second == kNever;
    const bool is_held = s.paused || v.paused || v.frozen;
    if (stands && !is_held) s.holds.back().second = now_;
    if (!stands && is_held) s.holds.emplace_back(now_, kNever);
  }
}

// The first one begins the call: it buys block 0 and what the plan's minimum says, or nothing has begun, and
// another may try again. Later ones are meterings.
void Auditor::ping_call(Session& s, std::int64_t at) {
  if (!s.bought.empty()) return meter_call(s, at);
  if (s.halt) {
    s.first = at;
    s.holds.clear();
    holds_changed(s.open.viewer);
  }
  std::set<std::int64_t> wanted;
  for (std::int64_t k = 0; k < kBlocksAtOnce && s.block_begins(k, true) <= at; ++k) wanted.insert(k);
  for (std::int64_t k = 0; k < std::max(1, s.open.plan.minimum_ticks); ++k) wanted.insert(k);
  buy_all(s, wanted, held(s));
}

// Whatever has begun by `at`, at most ten. What began before a hold is owed.
void Auditor::meter_call(Session& s, std::int64_t at) {
  if (s.bought.empty()) return;
  if (s.end == kNever) s.last = now_;
  std::set<std::int64_t> wanted;
  const auto next = static_cast<std::int64_t>(s.bought.size());
  for (std::int64_t k = next; k < next + kBlocksAtOnce; ++k) {
    const std::int64_t begins = s.block_begins(k);
    if (begins > at || begins >= s.end) break;
    wanted.insert(k);
  }
  if (wanted.empty()) return;
  buy_all(s, wanted, stopped(s));
  if (static_cast<std::int64_t>(s.bought.size()) != next) s.last = now_;
}

void Auditor::end_call(Session& s, std::int64_t at) {
  if (!s.open.call || s.end != kNever) return;
  s.end = at;
  s.last = now_;
}

void Auditor::on(const Metering& e) {
  if (e.at.ms > now_ + kAheadMs) return refuse(e.reply);
  if (e.viewer.is_zero()) {
    for (Session& s : sessions_)
      if (s.open.call && !s.closed && !meters_[s.open.meter].foreign(s.open.viewer)) meter_call(s, e.at.ms);
    return done(e.reply, nullptr, nullptr);
  }
  const auto s = std::find_if(sessions_.begin(), sessions_.end(), [&](const Session& x) {
    return x.open.session == e.session && x.open.viewer == e.viewer && x.open.call && !x.closed;
  });
  if (s == sessions_.end() || meters_[s->open.meter].foreign(e.viewer)) return refuse(e.reply);
  const auto halt = s->halt;
  const std::size_t blocks = s->bought.size();
  meter_call(*s, e.at.ms);
  Outcome outcome;
  outcome.repeated = s->halt == halt && s->bought.size() == blocks;
  outcome.refused = s->halt ? "halted" : "";
  outcome.paused = s->paused;
  done(e.reply, &e.viewer, &s->open.meter, outcome);
}

}  // namespace paytick::simulation
