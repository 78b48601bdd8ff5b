#include <algorithm>

#include "aggregator/book.h"
#include "aggregator/errors.h"

namespace paytick::aggregator {

void Book::on(const Limit& e) {
  if (!belongs_here(e.viewer)) return refuse(e.reply, {}, code::kWrongPartition, "limit");
  const std::uint32_t viewer = viewer_of(e.viewer);
  roll(viewers_[viewer]);
  const auto period = static_cast<std::uint8_t>(e.period) & 3U;
  const bool news = limit_of(viewer) != e.amount.units() || viewers_[viewer].period != period;
  terms_of(viewer).limit = e.amount.units();
  viewers_[viewer].period = period & 3U;
  if (news) {
    write_viewer(viewer, {});
    hint_all(viewer);
  }
  answer(e.reply, {viewer}, {});
}

// Of one session, or of everything a viewer has. Only the session's own viewer holds it.
void Book::hold(const AccountId& id, const std::optional<SessionId>& session, bool on, const ReplyTo& to,
                std::string_view input) {
  if (!belongs_here(id)) return refuse(to, {}, code::kWrongPartition, input);
  const std::uint32_t viewer = viewer_of(id);
  if (session) {
    const std::uint32_t i = find_session(*session);
    if (i == kNone || sessions_[i].viewer != viewer || sessions_[i].closed) {
      return refuse(to, {viewer}, code::kUnknownSession, input);
    }
    sessions_[i].paused = on ? 1 : 0;
    if (on) give_back(i, now_, AdjustReason::pause);
    hold_call(i);
    arm(i);
    hint(i);
    return answer(to, {viewer, meter_index_of(sessions_[i]), i}, {});
  }
  const bool news = (viewers_[viewer].paused != 0) != on;
  viewers_[viewer].paused = on ? 1 : 0;
  if (on) give_back_all(viewer, AdjustReason::pause);
  each_open(viewer, [&](std::uint32_t i) {
    hold_call(i);
    arm(i);
  });
  if (news) write_viewer(viewer, {});
  hint_all(viewer);
  answer(to, {viewer}, {});
}

void Book::on(const Pause& e) { hold(e.viewer, e.session, true, e.reply, "pause"); }
void Book::on(const Resume& e) { hold(e.viewer, e.session, false, e.reply, "resume"); }

void Book::on(const Freeze& e) {
  if (!belongs_here(e.viewer)) return refuse(e.reply, {}, code::kWrongPartition, "freeze");
  const std::uint32_t viewer = viewer_of(e.viewer);
  const bool news = viewers_[viewer].frozen == 0;
  viewers_[viewer].frozen = 1;
  give_back_all(viewer, AdjustReason::freeze);
  each_open(viewer, [&](std::uint32_t i) { hold_call(i); });
  if (news) write_viewer(viewer, e.reason);
  hint_all(viewer);
  answer(e.reply, {viewer}, {});
}

void Book::on(const Unfreeze& e) {
  if (!belongs_here(e.viewer)) return refuse(e.reply, {}, code::kWrongPartition, "unfreeze");
  const std::uint32_t viewer = viewer_of(e.viewer);
  const bool news = viewers_[viewer].frozen != 0;
  viewers_[viewer].frozen = 0;
  each_open(viewer, [&](std::uint32_t i) {
    hold_call(i);
    arm(i);
  });
  if (news) write_viewer(viewer, e.reason);
  hint_all(viewer);
  answer(e.reply, {viewer}, {});
}

// Totals never fall, and the allowance and what is asked back belong to the newest version; so a repeated,
// missed or reordered report does no harm.
void Book::on(const MeterReport& e) {
  if (!belongs_here(e.viewer)) return reject(code::kWrongPartition, "meter");
  const std::uint32_t viewer = viewer_of(e.viewer);
  const std::uint32_t meter = meter_of(e.meter);
  Meter& m = meters_[meter];
  const Totals before = totals_of(m, meter);
  Totals t = before;
  const bool first = m.viewer == kNone;
  if (first) m.viewer = viewer;
  t.deposited = std::max(t.deposited, e.deposited.units());
  t.refunded = std::max(t.refunded, e.refunded.units());
  t.paid = std::max(t.paid, e.paid.units());
  m.ledger = std::max(m.ledger, e.ledger);
  const bool newest = first || e.version > t.version;
  const bool asks_back = newest && e.refund_at.ms != 0 && m.viewer == viewer;
  if (newest) {
    t.version = e.version;
    t.allowance = std::max(t.allowance, e.allowance.units());
    if (e.refund_at.ms == 0) t.refund_from = -1;
  }
  set_totals(meter, t);
  const bool news = first || t.deposited != before.deposited || t.refunded != before.refunded ||
                    t.paid != before.paid || t.version != before.version || t.allowance != before.allowance;
  if (!news) return;
  const bool tells = rules_ >= kRulesOfRefunds;
  write(MeterLine{viewers_[m.viewer].id,
                  m.id,
                  Amount(t.deposited),
                  Amount(t.refunded),
                  Amount(t.paid),
                  Amount(t.allowance),
                  t.version,
                  m.ledger,
                  Amount(m.charged),
                  Amount(t.spendable(m.charged)),
                  {now_},
                  asks_back && tells ? e.refund_at : TimeMs{},
                  tells ? e.tx : TxHash{}});
  if (asks_back) ask_back(viewer, meter);
  hint_all(m.viewer);
}

// A report that is not older than the request knows of it, and whether it is over.
void Book::on(const RefundRequest& e) {
  if (!belongs_here(e.viewer)) return reject(code::kWrongPartition, "refund");
  const std::uint32_t viewer = viewer_of(e.viewer);
  const std::uint32_t meter = meter_of(e.meter);
  const Meter& m = meters_[meter];
  if (foreign(m, viewer)) return reject(code::kForeignMeter, "refund");
  if (m.viewer != kNone && e.ledger <= m.ledger) return;
  ask_back(viewer, meter);
  hint_all(viewer);
}

// Nothing is bought on the meter until a newer report says that no refund is pending.
void Book::ask_back(std::uint32_t viewer, std::uint32_t meter) {
  Totals t = totals_of(meters_[meter], meter);
  if (t.refund_from >= 0) return;
  t.refund_from = t.refunded;
  set_totals(meter, t);
  each_open(viewer, [&](std::uint32_t i) {
    if (sums_[sessions_[i].sum].meter != meter) return;
    give_back(i, now_, AdjustReason::refund);
    halt(i, HaltReason::refund);
  });
}

void Book::on(const ContentClosed& e) {
  const std::uint32_t content = content_of(e.content);
  if (contents_[content].closed != 0) return;
  contents_[content].closed = 1;
  for (std::uint32_t i = 0; i < sessions_.size(); ++i) {
    const Session& s = sessions_[i];
    if (s.unused || s.closed || offers_[s.offer].content != content) continue;
    leave(i, now_, AdjustReason::content);
    halt(i, HaltReason::content);
    hint(i);
  }
  forget_keys_of(content);
}

}  // namespace paytick::aggregator
