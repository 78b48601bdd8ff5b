#include <algorithm>

#include "aggregator/book.h"
#include "aggregator/errors.h"

namespace paytick::aggregator {

void Book::on(const Limit& e) {
  if (!belongs_here(e.viewer)) return reject(code::kWrongPartition, "limit");
  Viewer& v = viewers_[viewer_of(e.viewer)];
  v.limit = e.amount.units();
  v.period = static_cast<std::uint8_t>(e.period);
}

// Of one session, or of everything a viewer has. Only the session's own viewer holds it.
void Book::hold(const AccountId& id, const std::optional<SessionId>& session, bool on,
                std::string_view input) {
  if (!belongs_here(id)) return reject(code::kWrongPartition, input);
  const std::uint32_t viewer = viewer_of(id);
  if (session) {
    const std::uint32_t i = find_session(*session);
    if (i == kNone || sessions_[i].viewer != viewer || sessions_[i].closed) {
      return reject(code::kUnknownSession, input);
    }
    sessions_[i].paused = on ? 1 : 0;
    if (on) give_back(i, now_, AdjustReason::pause);
    arm(i);
    return hint(i);
  }
  viewers_[viewer].paused = on ? 1 : 0;
  if (on) give_back_all(viewer, AdjustReason::pause);
  each_open(viewer, [&](std::uint32_t i) { arm(i); });
  hint_all(viewer);
}

void Book::on(const Pause& e) { hold(e.viewer, e.session, true, "pause"); }
void Book::on(const Resume& e) { hold(e.viewer, e.session, false, "resume"); }

void Book::on(const Freeze& e) {
  if (!belongs_here(e.viewer)) return reject(code::kWrongPartition, "freeze");
  const std::uint32_t viewer = viewer_of(e.viewer);
  viewers_[viewer].frozen = 1;
  give_back_all(viewer, AdjustReason::freeze);
  hint_all(viewer);
}

void Book::on(const Unfreeze& e) {
  if (!belongs_here(e.viewer)) return reject(code::kWrongPartition, "unfreeze");
  const std::uint32_t viewer = viewer_of(e.viewer);
  viewers_[viewer].frozen = 0;
  each_open(viewer, [&](std::uint32_t i) { arm(i); });
  hint_all(viewer);
}

// Totals never fall, and the allowance and what is asked back belong to the newest version; so a repeated,
// missed or reordered report does no harm.
void Book::on(const MeterReport& e) {
  if (!belongs_here(e.viewer)) return reject(code::kWrongPartition, "meter");
  const std::uint32_t viewer = viewer_of(e.viewer);
  Meter& m = meters_[meter_of(e.meter)];
  const Meter before = m;
  const bool first = m.viewer == kNone;
  if (first) m.viewer = viewer;
  m.deposited = std::max(m.deposited, e.deposited.units());
  m.refunded = std::max(m.refunded, e.refunded.units());
  m.paid = std::max(m.paid, e.paid.units());
  m.ledger = std::max(m.ledger, e.ledger);
  const bool asked_back = e.refund_at.ms != 0;
  const bool newest = first || e.version > m.version;
  if (newest) {
    m.version = e.version;
    m.allowance = std::max(m.allowance, e.allowance.units());
    if (!asked_back) m.refund_from = -1;
  }
  const bool news = first || m.deposited != before.deposited || m.refunded != before.refunded ||
                    m.paid != before.paid || m.version != before.version || m.allowance != before.allowance;
  if (!news) return;
  write(MeterLine{viewers_[m.viewer].id,
                  m.id,
                  Amount(m.deposited),
                  Amount(m.refunded),
                  Amount(m.paid),
                  Amount(m.allowance),
                  m.version,
                  m.ledger,
                  Amount(m.charged),
                  Amount(m.spendable()),
                  {now_}});
  if (newest && asked_back && m.viewer == viewer) ask_back(viewer, meter_of(e.meter));
  hint_all(m.viewer);
}

// A report that is not older than the request knows of it, and whether it is over.
void Book::on(const RefundRequest& e) {
  if (!belongs_here(e.viewer)) return reject(code::kWrongPartition, "refund");
  const std::uint32_t viewer = viewer_of(e.viewer);
  const std::uint32_t meter = meter_of(e.meter);
  Meter& m = meters_[meter];
  if (foreign(m, viewer)) return reject(code::kForeignMeter, "refund");
  if (m.viewer != kNone && e.ledger <= m.ledger) return;
  ask_back(viewer, meter);
  hint_all(viewer);
}

// Nothing is bought on the meter until a newer report says that no refund is pending.
void Book::ask_back(std::uint32_t viewer, std::uint32_t meter) {
  Meter& m = meters_[meter];
  if (m.refund_from >= 0) return;
  m.refund_from = m.refunded;
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
    give_back(i, now_, AdjustReason::content);
    halt(i, HaltReason::content);
    hint(i);
  }
}

}  // namespace paytick::aggregator
