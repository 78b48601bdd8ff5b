// What goes out on sockets: the answers to pings, and what players are told unasked.

#include <algorithm>
#include <utility>

#include "ingest/auth/play_tokens.h"
#include "ingest/commands/guard_desk.h"
#include "ingest/errors.h"
#include "ingest/socket_desk.h"

namespace paytick::ingest {

// Takes the answered ping off the list, and those before it: answers are cumulative and may be lost.
std::optional<SocketDesk::Outstanding> SocketDesk::settle(Attachment& a, std::uint64_t seq, TimeMs now) {
  const auto later = std::ranges::find_if(a.outstanding, [seq](const Outstanding& o) { return o.seq > seq; });
  if (later == a.outstanding.begin()) return std::nullopt;
  const Outstanding last = *std::prev(later);
  a.outstanding.erase(a.outstanding.begin(), later);
  if (last.seq != seq) return std::nullopt;
  const std::optional<Outstanding> answered = last;
  const std::int64_t ms = std::max<std::int64_t>(now - answered->at, 0);
  const auto* edge = std::ranges::lower_bound(kAnswerMsEdges, ms);
  ++counters_.answer_ms[edge - std::begin(kAnswerMsEdges)];
  counters_.answer_ms_sum += static_cast<std::uint64_t>(ms);
  return answered;
}

void SocketDesk::answer_tick(Conn& conn, const Reply& reply, TimeMs now) {
  Attachment& a = *conn.at;
  if (a.session != reply.session || a.token.front() == '\0') {
    a.session = reply.session;
    a.token = shared_.tokens.issue(reply.session);
  }
  a.paid_until = reply.paid_until;
  const auto answered = settle(a, reply.seq, now);
  TickAnswer answer{reply.spendable,
                    reply.paid_until,
                    a.session,
                    {a.token.data(), a.token.size()},
                    answered ? answered->client_seq : std::nullopt};
  const auto was = std::exchange(a.halt, reply.halt);
  if (reply.halt) return answer_halt(conn, answer, reply, was != reply.halt);
  if (reply.seq == 0) {
    if (was) send(conn.id, render_resumed(*was, answer));
    if (was) tell_state(conn, PaymentState::processing);
    return;
  }
  ++counters_.ticks;
  std::string play_token;
  if (answered && a.play_token && shared_.play_tokens != nullptr) {
    play_token = shared_.play_tokens->issue({a.session, a.content->id, a.id, reply.paid_until}, now);
    answer.play_token = play_token;
  }
  answer_.clear();
  render_tick(answer, answer_);
  send(conn.id, answer_);
  tell_payment(conn, reply);
  warn_low(conn, answer, now);
}

void SocketDesk::answer_halt(Conn& conn, const TickAnswer& answer, const Reply& reply, bool news) {
  if (reply.seq == 0 && !news) return;
  ++counters_.halts;
  const bool empty = *reply.halt == HaltReason::balance;
  send(conn.id, render_halt(*reply.halt, answer, empty ? std::optional(config_.top_up) : std::nullopt));
  if (!conn.payments || !news) return;
  tell_payment(conn, reply);
  if (*reply.halt == HaltReason::limit) {
    conn.payments->state = PaymentState::limit_reached;
    send(conn.id, render_limit_reached({{}, reply.spent, reply.limit, reply.spendable, answer.session}));
  } else {
    tell_state(conn, *reply.halt == HaltReason::paused ? PaymentState::paused : PaymentState::idle);
  }
}

// Once when it falls below, and again after it was above.
void SocketDesk::warn_low(Conn& conn, const TickAnswer& answer, TimeMs now) {
  Attachment& a = *conn.at;
  const Plan& plan = a.content->plan;
  if (plan.price_per_tick <= Amount{} || config_.low_balance_ms == 0) return;
  const std::int64_t ticks = answer.spendable.units() / plan.price_per_tick.units();
  bool low = ticks <= config_.low_balance_ms / plan.tick_ms;
  const std::int64_t left_ms =
      low ? ticks * plan.tick_ms + std::max<std::int64_t>(answer.paid_until - now, 0) : 0;
  low = low && left_ms < config_.low_balance_ms;
  if (low && !a.low) send(conn.id, render_low_balance(answer, left_ms / 1'000, config_.top_up));
  a.low = low;
}

// What was spent before, in the order of the log: asked before the open is written.
void SocketDesk::ask_spent(Conn& conn, TimeMs now) {
  if (conn.payments->viewer != conn.at->viewer)
    *conn.payments = {.viewer = conn.at->viewer, .told = {}, .latest = {}};
  if (conn.payments->told) return;
  Ask ask;
  ask.viewer = conn.at->viewer;
  commands_.submit(
      ask.viewer, ask,
      [this, id = conn.id, viewer = ask.viewer](const Result<Outcome>& outcome) {
        const auto it = conns_.find(static_cast<std::uint64_t>(id));
        if (it == conns_.end() || !outcome || !outcome->refused.empty()) return;
        Conn& to = *it->second;
        if (!to.payments || to.payments->told || to.payments->viewer != viewer) return;
        to.payments->told = outcome->spent;
        if (auto latest = std::exchange(to.payments->latest, std::nullopt)) {
          latest->amount = subtract(latest->total_spent, outcome->spent).value_or(Amount{});
          to.payments->told = latest->total_spent;
          if (latest->amount != Amount{}) send(id, render_payment_update(*latest));
        }
      },
      now);
}

void SocketDesk::tell_payment(Conn& conn, const Reply& reply) {
  if (!conn.payments) return;
  Payments& payments = *conn.payments;
  payments.state = PaymentState::processing;
  PaymentUpdate update{{}, reply.spent, reply.limit, reply.spendable, conn.at->session};
  if (!payments.told) {
    payments.latest = update;
    return;
  }
  update.amount = subtract(reply.spent, *payments.told).value_or(Amount{});
  payments.told = reply.spent;
  if (update.amount != Amount{}) send(conn.id, render_payment_update(update));
}

void SocketDesk::tell_state(Conn& conn, PaymentState state) {
  if (!conn.payments || conn.payments->state == state) return;
  conn.payments->state = state;
  send(conn.id, render_payment_state(state));
}

bool SocketDesk::on_reply(const Reply& reply, TimeMs now) {
  const auto found = by_attachment_.find(reply.attachment);
  if (found == by_attachment_.end()) return false;
  Conn& conn = *found->second;
  const ConnId id = conn.id;
  Attachment& a = *conn.at;
  if (reply.closed || reply.refused == "unknown_attachment" || reply.refused == "closed") {
    repeat(conn, now);
    return true;
  }
  if (!reply.refused.empty()) {
    // A refused open answers the ping that came with it.
    const bool waiting = reply.seq == 0 && !a.outstanding.empty();
    const auto answered = settle(a, waiting ? a.outstanding.front().seq : reply.seq, now);
    refuse(id, public_error(reply.refused), answered ? answered->client_seq : std::nullopt);
    // A heartbeat that came late leaves the attachment as it is; a refused open means that there is none.
    if (reply.seq == 0) {
      if (shared_.guard != nullptr) shared_.guard->left(a.id);
      by_attachment_.erase(a.id);
      conn.at.reset();
    }
    return true;
  }
  answer_tick(conn, reply, now);
  return true;
}

}  // namespace paytick::ingest
