#include <algorithm>

#include "aggregator/book.h"
#include "aggregator/errors.h"
#include "model/proof.h"

namespace paytick::aggregator {

void Book::on(const Open& e) {
  if (!belongs_here(e.viewer)) return reject(code::kWrongPartition, "open");
  if (!in_time(e.at.ms, e.late_ms)) {
    late(e.attachment, e.at.ms);
    return reply_refused(e.attachment, e.session, 0, code::kLate, e.gateway);
  }
  if (was_used(e.attachment) || find_session(e.session) != kNone) {  // a repeat changes nothing
    const std::uint32_t i = find_attached(e.attachment);
    return i != kNone ? reply(i, e.attachment, 0)
                      : reply_refused(e.attachment, e.session, 0, code::kUnknownAttachment, e.gateway);
  }
  const auto refuse = [&](std::string_view code) {
    reject(code, "open");
    reply_refused(e.attachment, e.session, 0, code, e.gateway);
  };
  // What no later state can mend: this attachment is used up, so that a repeat changes nothing.
  const auto refuse_for_good = [&](std::string_view code) {
    depart(e.attachment, e.at.ms, e.late_ms);
    refuse(code);
  };
  if (e.call && e.plan.refund_unused) return refuse_for_good(code::kBadPlan);
  const std::uint32_t viewer = viewer_of(e.viewer);
  const std::uint32_t known = find_meter(e.meter);
  if (known != kNone && foreign(meters_[known], viewer)) return refuse_for_good(code::kForeignMeter);
  const std::uint32_t content = content_of(e.content);
  if (contents_[content].closed != 0) return refuse_for_good(code::kContentClosed);
  if (e.join_required && !has_joined(viewer, e.content)) return refuse(code::kNotJoined);
  if (e.ticket_required && !has_ticket(viewer, content)) return refuse(code::kNoTicket);
  const std::uint32_t life = life_of(e.gateway, e.boot);
  if (life == kNone) return refuse(code::kTooManyGateways);

  const std::uint32_t meter = meter_of(e.meter);
  std::uint32_t i = to_continue(e, viewer, meter, content);
  if (i == kNone) {
    if (viewers_[viewer].sessions_n >= kSessionsMax) return refuse(code::kTooManySessions);
    i = begin_session(e, viewer, meter, content);
  } else {
    raise_late(i, e.late_ms);
    // Another is there: what has gone silent leaves, and there is nothing to give back.
    std::size_t alive = 0;
    for (const Attachment& a : attachments_of(i)) {
      if (is_alive(sessions_[i], a)) {
        ++alive;
      } else {
        detach(i, a.id);
      }
    }
    if (alive >= kAttachmentsMax) return refuse(code::kTooManyAttachments);
  }
  attach(i, {e.attachment, e.at.ms, now_, life, 0});
  arm(i);
  reply(i, e.attachment, 0);
}

// The session that an open goes on with: the token decides; else the newest that nobody is attached to and
// whose paid time holds the open. A call goes on with none: each is its own.
std::uint32_t Book::to_continue(const Open& e, std::uint32_t viewer, std::uint32_t meter,
                                std::uint32_t content) {
  std::uint32_t fits = kNone;
  if (e.call) return fits;
  for (std::uint32_t i = viewers_[viewer].sessions; i != kNone; i = next_of(i)) {
    const Session& s = sessions_[i];
    const Offer& offer = offers_[s.offer];
    if (s.call != 0 || sums_[s.sum].meter != meter || offer.content != content) continue;
    if (e.resume && *e.resume == s.id) return i;
    if (fits != kNone || any_alive(i)) continue;
    const std::int64_t start = static_cast<std::int64_t>(s.start);
    if (start - offer.jitter_ms <= e.at.ms && e.at.ms < ticks_of(i).ends()) fits = i;
  }
  return fits;
}

std::uint32_t Book::begin_session(const Open& e, std::uint32_t viewer, std::uint32_t meter,
                                  std::uint32_t content) {
  const Plan plan = plan_for(viewer, content, e.plan);
  const std::uint32_t sum = sum_of(viewer, meter, creator_of(e.creator), plan.platform_bps);
  const std::uint32_t i = sessions_.add();
  Session& s = sessions_[i];
  s.id = e.session;
  s.viewer = viewer;
  s.sum = sum;
  s.offer = offer_of(content, plan, e.late_ms);
  s.set_start(e.at.ms);
  set_next(i, viewers_[viewer].sessions);
  viewers_[viewer].sessions = i;
  ++viewers_[viewer].sessions_n;
  index_session(i);
  if (e.call) begin_call(i);

  OpenedLine line{e.session, SumId{sum}, e.viewer, e.content, plan, e.at, e.platform, e.reference, {}};
  line.proof = s.proof = link(line, sum_line(sum, e.viewer));
  write(line);
  ++counters_.opened;
  return i;
}

// An open that may come later than the session's first one takes its allowance along. What was forgotten
// under the shorter one stays forgotten, and is `late`.
void Book::raise_late(std::uint32_t i, std::int64_t late_ms) {
  Session& s = sessions_[i];
  Offer offer = offers_[s.offer];
  if (late_ms <= offer.late_ms) return;
  const std::int64_t reach = now_ - offer.late_ms - static_cast<std::int64_t>(s.start) + offer.jitter_ms;
  if (reach >= offer.tick_ms) {
    Extra& extra = extras_.get(i, s);
    extra.floor = std::max(extra.floor,
                           static_cast<std::uint32_t>(std::min<std::int64_t>(reach / offer.tick_ms, s.base)));
    extras_.settle(i, s);
  }
  offer.late_ms = late_ms;
  s.offer = offer_of(offer);
}

void Book::on(const Stop& e) {
  const std::uint32_t i = find_attached(e.attachment);
  if (i == kNone) return reject(code::kUnknownAttachment, "stop");
  detach(i, e.attachment);
  if (attachments_of(i).empty()) {
    // A stop is never refused for its time.
    const std::int64_t earliest = now_ - offers_[sessions_[i].offer].late_ms;
    leave(i, std::min(std::max(e.at.ms, earliest), now_), AdjustReason::stop);
  }
  reply(i, e.attachment, 0);
}

// The last attachment has left at `at`.
void Book::leave(std::uint32_t i, std::int64_t at, AdjustReason reason) {
  give_back(i, at, reason);
  end_call(i, at);
}

void Book::close(std::uint32_t i) {
  finish_links(i);
  Session& s = sessions_[i];
  ClosedLine line{s.id, {now_}, s.ticks, amount_of(s), {}};
  line.proof = s.proof = link(s.proof, line);
  write(line);
  ++counters_.closed;
  s.closed = 1;
  hint(i);
  for (const Attachment& a : attachments_of(i)) detach(i, a.id);
  if (s.has_extra) extras_.drop(i, s);
  if (s.call) forget_call(i);
  unlink(i);
}

void Book::unlink(std::uint32_t i) {
  Viewer& v = viewers_[sessions_[i].viewer];
  const std::uint32_t next = next_of(i);
  set_next(i, kNone);
  --v.sessions_n;
  if (v.sessions == i) {
    v.sessions = next;
    return;
  }
  std::uint32_t before = v.sessions;
  while (next_of(before) != i) before = next_of(before);
  set_next(before, next);
}

void Book::set_next(std::uint32_t i, std::uint32_t next) {
  Session& s = sessions_[i];
  if (next != kNone) {
    (s.has_next ? nexts_[i] : nexts_.add(i)) = next;
    s.has_next = 1;
  } else if (s.has_next) {
    nexts_.drop(i);
    s.has_next = 0;
  }
}

// Its open can no longer be repeated in time, so that nothing needs to know its id.
void Book::forget(std::uint32_t i) {
  session_index_.erase(hash_of(sessions_[i].id), i);
  if (sessions_[i].ragged) extras_.forget_window(sessions_[i]);
  sessions_[i] = Session{};
  sessions_[i].unused = 1;
  sessions_.release(i);
}

}  // namespace paytick::aggregator
