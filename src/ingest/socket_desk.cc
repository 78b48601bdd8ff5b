#include "ingest/socket_desk.h"

#include <algorithm>
#include <utility>

#include "ingest/auth/authenticator.h"
#include "ingest/commands/guard_desk.h"
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

void SocketDesk::on_open(ConnId conn, TimeMs now, Visitor visitor) {
  ++counters_.connected;
  conns_[static_cast<std::uint64_t>(conn)] =
      std::make_unique<Conn>(Conn{.id = conn,
                                  .who = std::move(visitor.who),
                                  .address = std::move(visitor.address),
                                  .payments = nullptr,
                                  .lapse = std::nullopt,
                                  .tokens_milli = config_.pings_burst * 1'000,
                                  .refilled = now,
                                  .at = std::nullopt});
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

void SocketDesk::on_message(ConnId id, codec::MutableLine text, TimeMs now) {
  const auto it = conns_.find(static_cast<std::uint64_t>(id));
  if (it == conns_.end()) return;
  Conn& conn = *it->second;
  ++counters_.pings;
  counters_.bytes_in += text.size;
  if (!within_rate(conn, now)) {
    return refuse(id,
                  {std::string(code::kRateLimited), "Too many messages; send one a heartbeat.", Next::retry});
  }
  const auto message = parse_message(text);
  if (!message) return refuse(id, message.error());
  switch (message->type) {
    case MessageType::ping:
      return on_ping(conn, message->ping, now);
    case MessageType::login:
      return on_login(conn, *message, now);
    case MessageType::subscribe:
      return on_subscribe(conn, *message, now);
    case MessageType::room_join:
    case MessageType::room_leave:
      if (rooms_ != nullptr) return rooms_->on_room(id, conn.who, *message, now);
      return refuse(id, {std::string(code::kUnknownType), "There are no rooms here."}, message->ping.seq);
  }
}

void SocketDesk::on_ping(Conn& conn, const Ping& ping, TimeMs now) {
  const ConnId id = conn.id;
  forget_lapse(conn);
  if (conn.who.expires.ms != 0 && now >= conn.who.expires) {
    return refuse(id, {std::string(code::kUnauthorized), "Your login has expired; send a newer token."},
                  ping.seq);
  }
  if (shared_.viewer_messages != nullptr && (conn.at || conn.who.is_viewer()) &&
      !shared_.viewer_messages->take((conn.at ? conn.at->viewer : conn.who.account).bytes, now)) {
    return refuse(id, {std::string(code::kRateLimited), "Too many messages from this viewer.", Next::retry},
                  ping.seq);
  }
  if (conn.at && (conn.at->content->id != ping.content || conn.at->meter != ping.meter)) leave(conn, now);
  if (feed_.full() || feed_.in_flight_ms(now) > config_.append_patience_ms) {
    return refuse(id,
                  {std::string(code::kTryAgain), "The gateway is busy; ping again in a moment.", Next::retry},
                  ping.seq);
  }
  if (conn.at && !conn.at->closed) {
    if (ping.plan && *ping.plan != conn.at->content->plan.id) {
      return refuse(id, {std::string(code::kPriceChanged), "This session runs under another price."},
                    ping.seq);
    }
    conn.at->play_token = ping.play_token;
    if (!conn.at->written) write_open(conn, std::nullopt, now);
    return write_heartbeat(*conn.at, ping.seq, now);
  }
  std::optional<SessionId> resume;
  if (!ping.resume_token.empty()) {
    resume = shared_.tokens.verify(ping.resume_token);
    if (!resume) {
      return refuse(id, {std::string(code::kBadResumeToken), "This resumeToken is not ours; leave it out."},
                    ping.seq);
    }
  }
  const bool seen_price = conn.at && !ping.plan;  // the price of the session that was closed
  auto next = prepare(conn, ping.content, ping.meter, ping.plan);
  if (next && seen_price && next->content->plan.id != conn.at->content->plan.id) {
    next = fail(code::kPriceChanged, "The price has changed since it was shown; look again and start anew.");
  }
  leave(conn, now);
  if (!next) return refuse(id, next.error(), ping.seq);
  next->play_token = ping.play_token;
  begin(conn, std::move(*next), resume, ping.seq, now);
}

void SocketDesk::on_login(Conn& conn, const Message& message, TimeMs now) {
  const Identity who =
      shared_.authenticator == nullptr ? Identity{} : shared_.authenticator->identify_token(message.token);
  if (!who.is_viewer()) {
    return refuse(conn.id,
                  {std::string(code::kUnauthorized), "This token is not good, or no longer; log in anew."},
                  message.ping.seq);
  }
  if (conn.at && conn.at->viewer != who.account) leave(conn, now);
  conn.who = who;
  if (conn.payments) *conn.payments = {};
  send(conn.id, render_login(who.account, message.ping.seq));
}

void SocketDesk::on_subscribe(Conn& conn, const Message& message, TimeMs now) {
  if (!message.payments) {
    conn.payments.reset();
  } else if (!conn.payments) {
    conn.payments = std::make_unique<Payments>();
    if (conn.at && !conn.at->closed) ask_spent(conn, now);
  }
  const PaymentState state = conn.payments ? conn.payments->state : PaymentState::idle;
  send(conn.id, render_subscribed(message.payments, state, message.ping.seq));
}

Result<ViewerId> SocketDesk::player(const Conn& conn, const MeterId& meter) const {
  const bool logged_in = conn.who.is_viewer();
  if (!logged_in && (!config_.development || conn.who.role != Role::nobody)) {
    return fail(code::kUnauthorized, R"(Log in first: {"type":"login","token":"…"}.)");
  }
  const auto viewer = shared_.meters.viewer_of(meter);
  if (!viewer) {
    return fail(code::kUnknownContract, "No meter with this contractId is registered with the router.");
  }
  if (logged_in && *viewer != conn.who.account) {
    return fail(code::kForeignContract, "This meter is registered to another viewer.");
  }
  return *viewer;
}

Result<SocketDesk::Attachment> SocketDesk::prepare(const Conn& conn, const ContentId& content_id,
                                                   const MeterId& meter, const std::optional<PlanId>& plan) {
  auto content = shared_.catalog.find(content_id);
  if (!content) return fail(code::kUnknownContent, "There is no content with this id.");
  if (content->closed) return fail(code::kContentClosed, "This content was closed.");
  if (plan && *plan != content->plan.id) {
    return fail(code::kPriceChanged, "The price has changed since it was shown; look again and start anew.");
  }
  const auto viewer = player(conn, meter);
  if (!viewer) return tl::unexpected(viewer.error());
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

void SocketDesk::begin(Conn& conn, Attachment a, std::optional<SessionId> resume,
                       std::optional<std::int64_t> client_seq, TimeMs now) {
  conn.at = std::move(a);
  by_attachment_[conn.at->id] = &conn;
  if (conn.payments) ask_spent(conn, now);
  write_open(conn, resume, now);
  write_heartbeat(*conn.at, client_seq, now);
}

void SocketDesk::write_open(Conn& conn, std::optional<SessionId> resume, TimeMs now) {
  Attachment& a = *conn.at;
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
  open.join_required = a.content->join_required;
  open.ticket_required = a.content->ticket_price > Amount{};
  feed_.add(a.partition, open);
  a.written = a.tried = true;
  ++counters_.opens;
  if (shared_.guard == nullptr) return;
  guard(a, shared_.guard->opened(a.viewer, a.id, a.content->plan.heartbeat_ms, now));
  guard(a, shared_.guard->seen_at(a.viewer, conn.address, now));
}

// On suspicion: with the reason on the log, and it stands until an operator lifts it.
void SocketDesk::guard(const Attachment& a, std::optional<std::string> verdict) {
  if (!verdict) return;
  ++counters_.freezes;
  feed_.add(a.partition, Freeze{a.viewer, std::move(*verdict), {}});
}

void SocketDesk::write_heartbeat(Attachment& a, std::optional<std::int64_t> client_seq, TimeMs now) {
  feed_.add(a.partition, Heartbeat{a.proposed, a.id, ++a.seq, now});
  feed_.notes().pings.push_back({a.id, a.seq});
  a.outstanding.push_back({a.seq, client_seq, now});
  if (a.outstanding.size() > kOutstandingMax) a.outstanding.erase(a.outstanding.begin());
  if (shared_.guard == nullptr) return;
  guard(a, shared_.guard->beat(a.id, now));
  guard(a, shared_.guard->heartbeat(GuardDesk::key_of(a.viewer), now));
}

void SocketDesk::leave(Conn& conn, TimeMs now) {
  if (!conn.at) return;
  if (conn.at->tried && !conn.at->closed) {
    const Stop stop{conn.at->proposed, conn.at->id, now};
    feed_.add(conn.at->partition, stop);
    feed_.notes().stops.emplace_back(conn.at->partition, stop);
    ++counters_.stops;
  }
  if (shared_.guard != nullptr) shared_.guard->left(conn.at->id);
  by_attachment_.erase(conn.at->id);
  conn.at.reset();
}

void SocketDesk::on_close(ConnId id, TimeMs now) {
  const auto it = conns_.find(static_cast<std::uint64_t>(id));
  if (it == conns_.end()) return;
  leave(*it->second, now);
  forget_lapse(*it->second);
  if (rooms_ != nullptr) rooms_->on_gone(id);
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
  if (!waiting) return lapse(conn, now);  // the next ping opens anew
  if (old.repeated && old.session.is_zero()) {
    leave(conn, now);
    return refuse(conn.id, public_error("closed"), client_seq);
  }
  auto next = prepare(conn, old.content->id, old.meter, old.content->plan.id);
  const bool play_token = old.play_token;
  leave(conn, now);
  if (!next) return refuse(conn.id, next.error(), client_seq);
  next->repeated = true;
  next->play_token = play_token;
  begin(conn, std::move(*next), std::nullopt, client_seq, now);
}

void SocketDesk::on_tick(TimeMs now) {
  ask_lapsed(now);
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
