#include <algorithm>

#include "aggregator/book.h"
#include "aggregator/errors.h"

namespace paytick::aggregator {
namespace {

const Key* find_kept(const Terms& terms, std::string_view key, bool join) {
  const auto at = std::find_if(terms.keys.begin(), terms.keys.end(), [&](const Key& k) {
    return k.key == key && !is_credit(k) && (k.kind == kJoinKind) == join;
  });
  return at == terms.keys.end() ? nullptr : &*at;
}

}  // namespace

void Book::answer(const ReplyTo& to, const Subject& subject, Outcome outcome) {
  if (to.gateway.is_zero()) return;
  outcome.gateway = to.gateway;
  outcome.command = to.command;
  if (outcome.at.ms == 0) outcome.at = {now_};
  if (subject.viewer != kNone) {
    Viewer& v = viewers_[subject.viewer];
    roll(v);
    outcome.spent = Amount(v.spent[v.period]);
    outcome.limit = Amount(limit_of(subject.viewer));
    outcome.period = static_cast<Period>(v.period);
    outcome.paused = v.paused != 0;
    outcome.frozen = v.frozen != 0;
  }
  if (subject.meter != kNone) {
    outcome.spendable = Amount(spendable(subject.meter));
    outcome.charged = Amount(meters_[subject.meter].charged);
  }
  if (subject.session != kNone) {
    const Session& s = sessions_[subject.session];
    const SessionView seen = view(subject.session);
    outcome.session = s.id;
    outcome.paid_until = seen.paid_until;
    outcome.ticks = seen.ticks;
    outcome.halt = seen.halt;
    outcome.closed = seen.closed || (s.call && calls_[subject.session].is_ended());
    if (!outcome.has_key) outcome.amount = seen.amount;
    outcome.paused = outcome.paused || s.paused != 0;
  }
  place_.out->outcomes.push_back(outcome);
}

void Book::refuse(const ReplyTo& to, const Subject& subject, std::string_view code, std::string_view input) {
  reject(code, input);
  Outcome outcome;
  outcome.refused = code;
  answer(to, subject, outcome);
}

void Book::write_viewer(std::uint32_t viewer, std::string_view reason) {
  if (rules_ < kRulesOfCommands) return;
  const Viewer& v = viewers_[viewer];
  write(ViewerLine{v.id,
                   Amount(limit_of(viewer)),
                   static_cast<Period>(v.period),
                   v.paused != 0,
                   v.frozen != 0,
                   std::string(reason),
                   {now_}});
}

bool Book::has_joined(std::uint32_t viewer, const ContentId& content) const {
  return viewers_[viewer].has_terms && find_kept(terms_[viewer], to_text(content), true) != nullptr;
}

void Book::on(const Join& e) {
  if (!belongs_here(e.viewer)) return refuse(e.reply, {}, code::kWrongPartition, "join");
  const std::uint32_t viewer = viewer_of(e.viewer);
  const std::uint32_t meter = meter_of(e.meter);
  const Subject subject{viewer, meter, kNone};
  if (foreign(meters_[meter], viewer)) return refuse(e.reply, {viewer}, code::kForeignMeter, "join");
  if (contents_[content_of(e.content)].closed != 0) {
    return refuse(e.reply, subject, code::kContentClosed, "join");
  }
  Outcome done;
  done.joined = true;
  if (has_joined(viewer, e.content)) {
    done.repeated = true;
    return answer(e.reply, subject, done);
  }
  if (viewers_[viewer].frozen) return refuse(e.reply, subject, code::kFrozen, "join");
  if (spendable(meter) < e.minimum.units()) return refuse(e.reply, subject, code::kBalance, "join");
  Terms& terms = terms_of(viewer);
  const auto joined = [](const Key& k) { return k.kind == kJoinKind; };
  if (std::count_if(terms.keys.begin(), terms.keys.end(), joined) >= static_cast<std::ptrdiff_t>(kKeysMax)) {
    // Whoever joins without end has left the oldest long ago.
    terms.keys.erase(std::find_if(terms.keys.begin(), terms.keys.end(), joined));
  }
  terms.keys.push_back({to_text(e.content), now_, 0, kNone, kNone, 0, content_of(e.content), 0, kJoinKind});
  write(JoinedLine{e.viewer, e.content, {now_}});
  answer(e.reply, subject, done);
}

void Book::on(const Ask& e) {
  if (!belongs_here(e.viewer)) return refuse(e.reply, {}, code::kWrongPartition, "ask");
  const std::uint32_t viewer = viewer_of(e.viewer);
  Subject subject{viewer, e.meter.is_zero() ? kNone : find_meter(e.meter), kNone};
  if (subject.meter != kNone && foreign(meters_[subject.meter], viewer)) {
    return refuse(e.reply, {viewer}, code::kForeignMeter, "ask");
  }
  if (!e.session.is_zero()) {
    subject.session = find_session(e.session);
    if (subject.session == kNone || sessions_[subject.session].viewer != viewer) {
      return refuse(e.reply, {viewer}, code::kUnknownSession, "ask");
    }
    subject.meter = meter_index_of(sessions_[subject.session]);
  } else if (e.key.empty()) {
    // The newest that is open, of the content where one is named.
    each_open(viewer, [&](std::uint32_t i) {
      const Session& s = sessions_[i];
      if (!e.content.is_zero() && contents_[offers_[s.offer].content].id != e.content) return;
      if (subject.session == kNone || s.start > sessions_[subject.session].start) subject.session = i;
    });
  }
  Outcome seen;
  seen.joined = !e.content.is_zero() && has_joined(viewer, e.content);
  if (!e.key.empty() && viewers_[viewer].has_terms) {
    Terms& terms = terms_of(viewer);
    forget_keys(terms);
    if (const Key* known = find_kept(terms, e.key, false)) {
      seen.has_key = true;
      seen.amount = Amount(known->amount);
      seen.at = {known->t};
    }
  }
  answer(e.reply, subject, seen);
}

}  // namespace paytick::aggregator
