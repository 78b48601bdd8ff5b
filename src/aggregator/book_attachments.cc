#include <algorithm>

#include "aggregator/book.h"

namespace paytick::aggregator {

// The first attachment's time is Session::last as long as nobody else moves that; from then on Extra keeps
// it.
void Book::attach(std::uint32_t i, const Attachment& fresh) {
  Session& s = sessions_[i];
  if (!s.attached) {
    s.attached = 1;
    s.attachment = fresh.id;
    s.set_at(fresh.at);
    s.life = fresh.life & (kLivesMax - 1);
    index_attachment(i);
  } else {
    Extra& extra = extras_.get(i, s);
    if (extra.first_t < 0) extra.first_t = static_cast<std::int64_t>(s.last);
    extra.others.push_back(fresh);
    extras_.settle(i, s);
    other_index_.insert(hash_of(fresh.id), i);
  }
  s.set_last(now_);
}

void Book::touch(std::uint32_t i, const AttachmentId& id, std::int64_t at) {
  Session& s = sessions_[i];
  Extra* extra = extras_.find(i, s);
  if (s.attached && s.attachment == id) {
    if (at > static_cast<std::int64_t>(s.at)) s.set_at(at);
    s.set_last(now_);
    if (extra != nullptr && extra->first_t >= 0) {
      extra->first_t = -1;
      extras_.settle(i, s);
    }
    return;
  }
  for (Attachment& other : extra->others) {
    if (other.id != id) continue;
    if (s.attached && extra->first_t < 0) extra->first_t = static_cast<std::int64_t>(s.last);
    other.at = std::max(other.at, at);
    other.t = now_;
    s.set_last(now_);
    return;
  }
}

void Book::detach(std::uint32_t i, const AttachmentId& id) {
  Session& s = sessions_[i];
  // A call begins once for its key, as long as keys are remembered: whoever repeats it names the attachment.
  const std::int64_t late_ms = s.call ? std::max(kKeyMs, offers_[s.offer].late_ms) : offers_[s.offer].late_ms;
  Extra* extra = extras_.find(i, s);
  if (s.attached && s.attachment == id) {
    attachment_index_.erase(hash_of(id), i);
    depart(id, static_cast<std::int64_t>(s.at), late_ms);
    s.attached = 0;
    s.attachment = {};
    if (extra != nullptr) extra->first_t = -1;
  } else if (extra != nullptr) {
    const auto other = std::find_if(extra->others.begin(), extra->others.end(),
                                    [&](const Attachment& a) { return a.id == id; });
    if (other == extra->others.end()) return;
    other_index_.erase(hash_of(id), i);
    depart(id, other->at, late_ms);
    extra->others.erase(other);
  }
  extras_.settle(i, s);
}

// While its `open` could come again in time, the id stays used. `at` is not before that open's.
void Book::depart(const AttachmentId& id, std::int64_t at, std::int64_t late_ms) {
  const std::int64_t until = at + late_ms + kAheadMs;
  if (until < now_) return;
  const std::uint32_t i = departed_.add();
  departed_[i] = {id, until};
  departed_index_.insert(hash_of(id), i);
  wheel_.push(TimerWheel::bucket_of(wheel_.second_for(until + 1)), i | kDepartedEntry);
}

bool Book::was_used(const AttachmentId& id) const {
  const auto same = [&](std::uint32_t at) { return departed_[at].id == id; };
  return find_attached(id) != kNone || departed_index_.find(hash_of(id), same) != kNone;
}

std::vector<Attachment> Book::attachments_of(std::uint32_t i) const {
  const Session& s = sessions_[i];
  const Extra* extra = extras_.find(i, s);
  std::vector<Attachment> all;
  if (s.attached) {
    const bool own = extra != nullptr && extra->first_t >= 0;
    all.push_back({s.attachment, static_cast<std::int64_t>(s.at),
                   own ? extra->first_t : static_cast<std::int64_t>(s.last),
                   static_cast<std::uint32_t>(s.life), 0});
  }
  if (extra != nullptr) all.insert(all.end(), extra->others.begin(), extra->others.end());
  return all;
}

// Nobody pings for a call: whoever has joined it is there until a stop.
bool Book::is_alive(const Session& s, const Attachment& a) const {
  if (s.call) return true;
  const Offer& offer = offers_[s.offer];
  return now_ - a.t <= static_cast<std::int64_t>(offer.heartbeat_ms) + offer.jitter_ms;
}

bool Book::any_alive(std::uint32_t i) const {
  const std::vector<Attachment> all = attachments_of(i);
  return std::any_of(all.begin(), all.end(), [&](const Attachment& a) { return is_alive(sessions_[i], a); });
}

void Book::on(const GatewayStarted& e) {
  std::vector<bool> earlier(lives_.size());
  bool any = false;
  for (std::uint32_t i = 1; i < lives_.size(); ++i) {
    earlier[i] = lives_[i].gateway == e.gateway && lives_[i].boot < e.boot;
    any = any || earlier[i];
  }
  if (!any) return;
  // Gateways start seldom: the one input that looks at every session.
  for (std::uint32_t i = 0; i < sessions_.size(); ++i) {
    const Session& s = sessions_[i];
    if (s.unused || s.closed || (!s.has_extra && !(s.attached && earlier[s.life]))) continue;
    std::int64_t at = -1;
    std::size_t left = 0;
    for (const Attachment& a : attachments_of(i)) {
      if (!earlier[a.life]) {
        ++left;
        continue;
      }
      at = std::max(at, a.at);
      detach(i, a.id);
    }
    if (at >= 0 && left == 0) leave(i, at, AdjustReason::gateway);
  }
}

}  // namespace paytick::aggregator
