// Halts that outlive their session. A halted session closes when its player is silent, and the fold has
// nobody to tell any more that it could go on. The desk asks for those players, now and then, until it can.

#include <algorithm>
#include <utility>
#include <vector>

#include "ingest/socket_desk.h"

namespace paytick::ingest {
namespace {

// Often while the viewer is likely to be about it, seldom later, and a day long.
constexpr std::int64_t kSoonMs = 5'000, kSoonForMs = 600'000, kSeldomMs = 60'000, kForMs = 86'400'000;
constexpr std::size_t kLapsedMax = 10'000;  // of a lane: two thousand questions a second at most

}  // namespace

void SocketDesk::lapse(Conn& conn, TimeMs now) {
  if (!conn.at || !conn.at->halt || lapsed_.size() >= kLapsedMax) return;
  if (*conn.at->halt == HaltReason::content || *conn.at->halt == HaltReason::refund) return;
  conn.lapse = Lapse{now, now + kSoonMs};
  lapsed_.insert(static_cast<std::uint64_t>(conn.id));
}

void SocketDesk::forget_lapse(Conn& conn) {
  if (!conn.lapse) return;
  conn.lapse.reset();
  lapsed_.erase(static_cast<std::uint64_t>(conn.id));
}

void SocketDesk::ask_lapsed(TimeMs now) {
  // Asking may answer at once, which changes the set.
  const std::vector<std::uint64_t> all(lapsed_.begin(), lapsed_.end());
  for (const std::uint64_t id : all) {
    const auto it = conns_.find(id);
    if (it == conns_.end() || !it->second->lapse || !it->second->at) continue;
    Conn& conn = *it->second;
    const std::int64_t ms = now - conn.lapse->since;
    if (ms > kForMs) forget_lapse(conn);
    if (!conn.lapse || conn.lapse->ask_at > now) continue;
    conn.lapse->ask_at = now + (ms < kSoonForMs ? kSoonMs : kSeldomMs);
    Ask ask;
    ask.viewer = conn.at->viewer;
    ask.meter = conn.at->meter;
    commands_.submit(
        ask.viewer, ask,
        [this, conn_id = conn.id, attachment = conn.at->id](const Result<Outcome>& outcome) {
          answer_lapsed(conn_id, attachment, outcome);
        },
        now);
  }
}

void SocketDesk::answer_lapsed(ConnId id, const AttachmentId& attachment, const Result<Outcome>& outcome) {
  const auto it = conns_.find(static_cast<std::uint64_t>(id));
  if (it == conns_.end() || !outcome || !outcome->refused.empty()) return;
  Conn& conn = *it->second;
  if (!conn.lapse || !conn.at || conn.at->id != attachment || !conn.at->halt) return;
  const Amount price = conn.at->content->plan.price_per_tick;
  const auto left = subtract(outcome->limit, outcome->spent);
  if (outcome->paused || outcome->frozen || outcome->spendable < price || !left || *left < price) return;
  const HaltReason was = *std::exchange(conn.at->halt, std::nullopt);
  forget_lapse(conn);
  send(id, render_resumed(was, {outcome->spendable,
                                conn.at->paid_until,
                                conn.at->session,
                                {conn.at->token.data(), conn.at->token.size()},
                                std::nullopt}));
  tell_state(conn, PaymentState::processing);
}

}  // namespace paytick::ingest
