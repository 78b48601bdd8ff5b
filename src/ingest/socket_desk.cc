#include "ingest/socket_desk.h"

#include <algorithm>
#include <utility>

#include "ingest/errors.h"
#include "model/partition.h"

namespace paytick::ingest {
namespace {

// Pings of one attachment without an answer. More than a client can honestly have open; the oldest is
// forgotten.
constexpr std::size_t kOutstandingMax = 128;

// Stops to be written again after the log was full. Beyond that the fold's own rule ends the sessions: a
// heartbeat buys no more than its time.
constexpr std::size_t kLostStopsMax = 100'000;

}  // namespace

void SocketDesk::on_open(ConnId conn, TimeMs now) {
  ++counters_.connected;
  conns_[static_cast<std::uint64_t>(conn)] = std::make_unique<Conn>(
      Conn{.id = conn, .tokens_milli = config_.pings_burst * 1'000, .refilled = now, .at = std::nullopt});
}

bool SocketDesk::within_rate(Conn& conn, TimeMs now) const {
  const std::int64_t ms = std::clamp<std::int64_t>(now - conn.refilled, 0, 60'000);
  conn.refilled = now;
  conn.tokens_milli =
      std::min(conn.tokens_milli + ms * config_.pings_per_second, config_.pings_burst * 1'000);
  if (conn.tokens_milli < 1'000) return false;
  conn.tokens_milli -= 1'000;
  return true;
}

void SocketDesk::send(ConnId to, std::string_view text) {
  counters_.bytes_out += text.size();
  out_.send(to, text);
}

void SocketDesk::refuse(ConnId conn, const Error& error, std::optional<std::int64_t> seq) {
  ++counters_.refused;
  send(conn, render_error(error, seq));
}

void SocketDesk::on_message(ConnId id, codec::MutableLine message, TimeMs now) {
  const auto it = conns_.find(static_cast<std::uint64_t>(id));
  if (it == conns_.end()) return;
  Conn& conn = *it->second;
  ++counters_.pings;
  counters_.bytes_in += message.size;
  if (!within_rate(conn, now)) {
    return refuse(id,
                  {std::string(code::kRateLimited), "Too many messages; send one a heartbeat.", Next::retry});
  }
  const auto ping = parse_ping(message);
  if (!ping) return refuse(id, ping.error());
  if (conn.at && (conn.at->content->id != ping->content || conn.at->meter != ping->meter)) leave(conn, now);
  if (feed_.full() || feed_.in_flight_ms(now) > config_.append_patience_ms) {
    return refuse(id,
                  {std::string(code::kTryAgain), "The gateway is busy; ping again in a moment.", Next::retry},
                  ping->seq);
  }
  if (conn.at && !conn.at->closed) {
    if (ping->plan && *ping->plan != conn.at->content->plan.id) {
      return refuse(id, {std::string(code::kPriceChanged), "This session runs under another price."},
                    ping->seq);
    }
    if (!conn.at->written) write_open(*conn.at, std::nullopt, now);
    return write_heartbeat(*conn.at, ping->seq, now);
  }
  std::optional<SessionId> resume;
  if (!ping->resume_token.empty()) {
    resume = shared_.tokens.verify(ping->resume_token);
    if (!resume) {
      return refuse(id, {std::string(code::kBadResumeToken), "This resumeToken is not ours; leave it out."},
                    ping->seq);
    }
  }
  const bool seen_price = conn.at && !ping->plan;  // the price of the session that was closed
  auto next = prepare(ping->content, ping->meter, ping->plan);
  if (next && seen_price && next->content->plan.id != conn.at->content->plan.id) {
    next = fail(code::kPriceChanged, "The price has changed since it was shown; look again and start anew.");
  }
  leave(conn, now);
  if (!next) return refuse(id, next.error(), ping->seq);
  install(conn, std::move(*next));
  write_open(*conn.at, resume, now);
  write_heartbeat(*conn.at, ping->seq, now);
}

Result<SocketDesk::Attachment> SocketDesk::prepare(const ContentId& content_id, const MeterId& meter,
                                                   const std::optional<PlanId>& plan) {
  auto content = shared_.catalog.find(content_id);
  if (!content) return fail(code::kUnknownContent, "There is no content with this id.");
  if (content->closed) return fail(code::kContentClosed, "This content was closed.");
  if (plan && *plan != content->plan.id) {
    return fail(code::kPriceChanged, "The price has changed since it was shown; look again and start anew.");
  }
  if (!config_.development) return fail(code::kUnauthorized, "Log in first.");
  const auto viewer = shared_.meters.viewer_of(meter);
  if (!viewer) {
    return fail(code::kUnknownContract, "No meter with this contractId is registered with the router.");
  }
  Attachment a;
  a.id = shared_.random.id<AttachmentId>();
  a.id.bytes.back() = config_.lane;
  a.proposed = shared_.random.id<SessionId>();
  a.content = std::move(content);
  a.meter = meter;
  a.viewer = *viewer;
  a.partition = partition_of(*viewer, feed_.partitions());
  return a;
}

void SocketDesk::install(Conn& conn, Attachment a) {
  conn.at = std::move(a);
  by_attachment_[conn.at->id] = &conn;
}

void SocketDesk::write_open(Attachment& a, std::optional<SessionId> resume, TimeMs now) {
  Open open;
  open.session = a.proposed;
  open.attachment = a.id;
  open.viewer = a.viewer;
  open.meter = a.meter;
  open.content = a.content->id;
  open.creator = a.content->creator_wallet;
  open.at = now;
  open.plan = a.content->plan;
  open.gateway = config_.gateway;
  open.boot = config_.boot;
  open.resume = resume;
  open.platform = a.content->platform;
  feed_.add(a.partition, open);
  a.written = a.tried = true;
  ++counters_.opens;
}

void SocketDesk::write_heartbeat(Attachment& a, std::optional<std::int64_t> client_seq, TimeMs now) {
  feed_.add(a.partition, Heartbeat{a.proposed, a.id, ++a.seq, now});
  feed_.notes().pings.push_back({a.id, a.seq});
  a.outstanding.push_back({a.seq, client_seq, now});
  if (a.outstanding.size() > kOutstandingMax) a.outstanding.erase(a.outstanding.begin());
}

void SocketDesk::leave(Conn& conn, TimeMs now) {
  if (!conn.at) return;
  if (conn.at->tried && !conn.at->closed) {
    const Stop stop{conn.at->proposed, conn.at->id, now};
    feed_.add(conn.at->partition, stop);
    feed_.notes().stops.emplace_back(conn.at->partition, stop);
    ++counters_.stops;
  }
  by_attachment_.erase(conn.at->id);
  conn.at.reset();
}

void SocketDesk::on_close(ConnId id, TimeMs now) {
  const auto it = conns_.find(static_cast<std::uint64_t>(id));
  if (it == conns_.end()) return;
  leave(*it->second, now);
  conns_.erase(it);
  ++counters_.disconnected;
}

// The session was closed under a ping: open a new one and send the ping again. Once: should that be refused
// as well, the client is told.
void SocketDesk::repeat(Conn& conn, TimeMs now) {
  Attachment& old = *conn.at;
  old.closed = true;
  const bool waiting = !old.outstanding.empty();
  const auto client_seq = waiting ? old.outstanding.back().client_seq : std::nullopt;
  if (!waiting) return;  // the next ping opens anew
  if (old.repeated && old.session.is_zero()) {
    leave(conn, now);
    return refuse(conn.id, public_error("closed"), client_seq);
  }
  auto next = prepare(old.content->id, old.meter, old.content->plan.id);
  leave(conn, now);
  if (!next) return refuse(conn.id, next.error(), client_seq);
  next->repeated = true;
  install(conn, std::move(*next));
  write_open(*conn.at, std::nullopt, now);
  write_heartbeat(*conn.at, client_seq, now);
}

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

void SocketDesk::answer_tick(ConnId id, Attachment& a, const Reply& reply, TimeMs now) {
  if (a.session != reply.session || a.token.front() == '\0') {
    a.session = reply.session;
    a.token = shared_.tokens.issue(reply.session);
  }
  const auto answered = settle(a, reply.seq, now);
  const TickAnswer answer{reply.spendable,
                          reply.paid_until,
                          a.session,
                          {a.token.data(), a.token.size()},
                          answered ? answered->client_seq : std::nullopt};
  const bool news = a.halt != reply.halt;
  a.halt = reply.halt;
  if (reply.halt) {
    if (reply.seq == 0 && !news) return;
    ++counters_.halts;
    return send(id, render_halt(*reply.halt, answer));
  }
  if (reply.seq == 0) return;
  ++counters_.ticks;
  answer_.clear();
  render_tick(answer, answer_);
  send(id, answer_);
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
      by_attachment_.erase(a.id);
      conn.at.reset();
    }
    return true;
  }
  answer_tick(id, a, reply, now);
  return true;
}

void SocketDesk::on_tick() {
  for (const auto& [partition, stop] : std::exchange(lost_stops_, {})) {
    feed_.add(partition, stop);
    feed_.notes().stops.emplace_back(partition, stop);
  }
}

void SocketDesk::on_appended(const BatchNotes& notes, const AppendResult& result) {
  if (result) return;
  for (const auto& stop : notes.stops) {
    if (lost_stops_.size() < kLostStopsMax) lost_stops_.push_back(stop);
  }
  const Error error = append_error(result.error());
  for (const auto& [attachment, seq] : notes.pings) {
    const auto found = by_attachment_.find(attachment);
    if (found == by_attachment_.end()) continue;
    Attachment& a = *found->second->at;
    a.written = false;  // perhaps it was in that batch; a repeated open changes nothing
    const auto lost = std::ranges::find(a.outstanding, seq, &Outstanding::seq);
    if (lost == a.outstanding.end()) continue;  // forgotten, there were too many
    const auto client_seq = lost->client_seq;
    a.outstanding.erase(lost);
    refuse(found->second->id, error, client_seq);
  }
}

}  // namespace paytick::ingest
