// Who joined, and how commands are answered.

#include <algorithm>

#include "simulation/auditor.h"

namespace paytick::simulation {
namespace {

std::string in_words(const Outcome& o) {
  std::string out = o.refused.empty() ? "done" : "refused";
  const auto say = [&](const char* what, std::int64_t n) {
    if (n != 0) out += std::string(" ") + what + "=" + std::to_string(n);
  };
  say("repeated", o.repeated);
  say("spendable", o.spendable.units());
  say("charged", o.charged.units());
  say("spent", o.spent.units());
  say("limit", o.limit.units());
  say("period", static_cast<std::int64_t>(o.period));
  say("paused", o.paused);
  say("frozen", o.frozen);
  say("joined", o.joined);
  say("key", o.has_key);
  say("amount", o.has_key ? o.amount.units() : 0);
  return out;
}

}  // namespace

void Auditor::done(const ReplyTo& to, const ViewerId* viewer, const MeterId* meter, Outcome outcome) {
  if (to.gateway.is_zero()) return;
  outcome.gateway = to.gateway;
  outcome.command = to.command;
  if (viewer) {
    Viewer& v = viewers_[*viewer];
    roll(v);
    outcome.spent = Amount(v.spent[static_cast<std::size_t>(v.period)]);
    outcome.limit = Amount(v.limit);
    outcome.period = v.period;
    outcome.paused = outcome.paused || v.paused;
    outcome.frozen = v.frozen;
  }
  if (const auto m = meter ? meters_.find(*meter) : meters_.end(); m != meters_.end()) {
    outcome.spendable = Amount(m->second.spendable());
    outcome.charged = Amount(m->second.charged);
  }
  outcomes_.emplace(to.command, outcome);
}

// Why is for the product to say.
void Auditor::refuse(const ReplyTo& to) {
  ++refused_;
  Outcome outcome;
  outcome.refused = "refused";
  done(to, nullptr, nullptr, outcome);
}

std::optional<std::string> Auditor::difference(const Outcome& told) const {
  const auto [begin, end] = outcomes_.equal_range(told.command);
  for (auto i = begin; i != end; ++i) {
    const bool refused = !told.refused.empty() && !i->second.refused.empty();
    if (refused || in_words(told) == in_words(i->second)) return std::nullopt;
  }
  return "a command was answered: " + in_words(told) +
         (begin == end ? ", and is not on the log" : "; by its inputs: " + in_words(begin->second));
}

void Auditor::on(const Join& e) {
  Meter& m = meters_[e.meter];
  if (m.foreign(e.viewer) || closed_contents_.contains(e.content)) return refuse(e.reply);
  Viewer& v = viewers_[e.viewer];
  Outcome outcome;
  outcome.joined = true;
  outcome.repeated = v.joined.contains(e.content);
  if (!outcome.repeated) {
    if (v.frozen || m.spendable() < e.minimum.units()) return refuse(e.reply);
    v.joined.insert(e.content);
    joins_.emplace(e.viewer, e.content);
  }
  done(e.reply, &e.viewer, &e.meter, outcome);
}

// That began last, of those that are open; of the content, where one is named.
const Auditor::Session* Auditor::newest(const ViewerId& viewer, const ContentId& content) const {
  const Session* found = nullptr;
  for (auto s = sessions_.rbegin(); s != sessions_.rend(); ++s) {
    if (s->closed || s->open.viewer != viewer) continue;
    if (!content.is_zero() && s->open.content != content) continue;
    if (!found || s->open.at > found->open.at) found = &*s;
  }
  return found;
}

void Auditor::on(const Ask& e) {
  const auto meter = meters_.find(e.meter);
  if (meter != meters_.end() && meter->second.foreign(e.viewer)) return refuse(e.reply);
  const Session* session = nullptr;
  if (!e.session.is_zero()) {
    const auto s = std::find_if(sessions_.begin(), sessions_.end(),
                                [&](const Session& x) { return x.open.session == e.session; });
    if (s == sessions_.end() || s->open.viewer != e.viewer) return refuse(e.reply);
    session = &*s;
  } else if (e.key.empty()) {
    session = newest(e.viewer, e.content);
  }
  const Viewer& v = viewers_[e.viewer];
  Outcome outcome;
  outcome.joined = v.joined.contains(e.content);
  const auto key = v.charges.find(e.key);
  if (key != v.charges.end() && (key->second.ticket || now_ - key->second.t < kKeyMs)) {
    outcome.has_key = true;
    outcome.amount = key->second.amount;
  }
  outcome.paused = session && session->paused;
  done(e.reply, &e.viewer, e.session.is_zero() ? &e.meter : &session->open.meter, outcome);
}

}  // namespace paytick::simulation
