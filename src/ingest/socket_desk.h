#pragma once
// The sockets: which attachment each holds, what a ping turns into, and which answer belongs to it.
//
// A socket holds one attachment at a time, to one (content, meter). The first ping opens it, later ones are
// heartbeats stamped with the gateway's time; a ping for something else, or the end of the socket, stops it.
// When the fold says that the session is closed, the desk opens a new one and repeats the ping, once.
//
// Who plays: whoever is logged in, on the upgrade or by a `login`, acts for that viewer alone; without a
// login only development mode plays, for the viewer that the contract is registered to.
//
// What a player is told unasked: `low_balance` once when less than a configured time can be watched, and
// again after it was above; `resumed` when the reason of a halt is gone. Who has subscribed to payments is
// told of each purchase and of reaching the limit.
//
// Files: socket_desk.cc, what comes in; socket_answers.cc, what goes out; socket_lapses.cc, halts that
// outlive their session.
//
// Pure and not thread-safe: see gateway_core.h.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ingest/auth/identity.h"
#include "ingest/commands/command_desk.h"
#include "ingest/flat_map.h"
#include "ingest/gateway_parts.h"
#include "ingest/protocol.h"
#include "model/reply.h"
#include "model/time.h"

namespace paytick::ingest {

// Who is at a socket's other end, as its upgrade says.
struct Visitor {
  Identity who;
  std::string address;  // "192.0.2.1"; empty: unknown
};

// Whoever keeps the rooms (rooms/).
class RoomPort {
 public:
  virtual ~RoomPort() = default;
  // room:join and room:leave; the message is valid during the call. It answers by itself.
  virtual void on_room(ConnId conn, const Identity& who, const Message& message, TimeMs now) = 0;
  virtual void on_gone(ConnId conn) = 0;  // the socket has ended
};

class SocketDesk {
 public:
  SocketDesk(const CoreConfig& config, const Shared& shared, LogFeed& feed, Outbox& out,
             CommandDesk& commands, CoreCounters& counters)
      : config_(config), shared_(shared), feed_(feed), out_(out), commands_(commands), counters_(counters) {}

  void keep_rooms(RoomPort* rooms) { rooms_ = rooms; }  // outlives the desk; null: none

  void on_open(ConnId conn, TimeMs now, Visitor visitor = {});
  void on_message(ConnId conn, codec::MutableLine message, TimeMs now);
  void on_close(ConnId conn, TimeMs now);
  // False if the attachment is none of a socket here.
  bool on_reply(const Reply& reply, TimeMs now);
  // Writes the stops again that a failed append has lost, and asks for those whose session has closed while
  // it was halted. About once a second.
  void on_tick(TimeMs now);
  // The sockets' part of a batch's outcome.
  void on_appended(const BatchNotes& notes, const AppendResult& result);

  std::size_t connections() const { return conns_.size(); }

 private:
  struct Outstanding {
    std::uint64_t seq = 0;
    std::optional<std::int64_t> client_seq;
    TimeMs at;
  };
  // Held for as long as the socket is: what it knows by heart is the catalogue's, and texts are of a fixed
  // size.
  struct Attachment {
    AttachmentId id;
    SessionId proposed;                      // as its open names it
    SessionId session;                       // as the fold answered
    std::shared_ptr<const Content> content;  // as it was when the open was written, with the plan
    MeterId meter;
    ViewerId viewer;
    PartitionId partition{};
    bool written = false;     // its open is in the log, or on the way
    bool tried = false;       // its open may be in the log, so that it needs a stop
    bool closed = false;      // the fold says so
    bool repeated = false;    // this attachment came from repeating a ping
    bool low = false;         // the player was told that little is left
    bool play_token = false;  // the last ping asked for one
    std::optional<HaltReason> halt;
    TimeMs paid_until;
    std::uint64_t seq = 0;
    std::vector<Outstanding> outstanding;  // in order
    ResumeTokens::Token token{};           // of `session`
  };
  // Of a socket that has subscribed.
  struct Payments {
    ViewerId viewer;
    std::optional<Amount> told;           // the viewer's spending that the client knows of
    std::optional<PaymentUpdate> latest;  // waits for `told`
    PaymentState state = PaymentState::idle;
  };
  // Of a socket whose session was halted until it closed: the fold tells nothing of it any more.
  struct Lapse {
    TimeMs since, ask_at;
  };
  struct Conn {
    ConnId id{};
    Identity who;
    std::string address;
    std::unique_ptr<Payments> payments;
    std::optional<Lapse> lapse;
    std::int64_t tokens_milli = 0;  // of the rate limit, in thousandths of a ping
    TimeMs refilled;
    std::optional<Attachment> at;
  };

  bool within_rate(Conn& conn, TimeMs now) const;
  void send(ConnId to, std::string_view text);
  void refuse(ConnId conn, const Error& error, std::optional<std::int64_t> seq = std::nullopt);
  void on_ping(Conn& conn, const Ping& ping, TimeMs now);
  void on_login(Conn& conn, const Message& message, TimeMs now);
  void on_subscribe(Conn& conn, const Message& message, TimeMs now);
  Result<ViewerId> player(const Conn& conn, const MeterId& meter) const;
  Result<Attachment> prepare(const Conn& conn, const ContentId& content, const MeterId& meter,
                             const std::optional<PlanId>& plan);
  void begin(Conn& conn, Attachment a, std::optional<SessionId> resume,
             std::optional<std::int64_t> client_seq, TimeMs now);
  void guard(const Attachment& a, std::optional<std::string> verdict);
  void write_open(Conn& conn, std::optional<SessionId> resume, TimeMs now);
  void write_heartbeat(Attachment& a, std::optional<std::int64_t> client_seq, TimeMs now);
  void leave(Conn& conn, TimeMs now);
  void repeat(Conn& conn, TimeMs now);
  std::optional<Outstanding> settle(Attachment& a, std::uint64_t seq, TimeMs now);
  void answer_tick(Conn& conn, const Reply& reply, TimeMs now);
  void answer_halt(Conn& conn, const TickAnswer& answer, const Reply& reply, bool news);
  void warn_low(Conn& conn, const TickAnswer& answer, TimeMs now);
  void ask_spent(Conn& conn, TimeMs now);
  void tell_payment(Conn& conn, const Reply& reply);
  void tell_state(Conn& conn, PaymentState state);
  void lapse(Conn& conn, TimeMs now);
  void forget_lapse(Conn& conn);
  void ask_lapsed(TimeMs now);
  void answer_lapsed(ConnId id, const AttachmentId& attachment, const Result<Outcome>& outcome);

  const CoreConfig& config_;
  const Shared& shared_;
  LogFeed& feed_;
  Outbox& out_;
  CommandDesk& commands_;
  CoreCounters& counters_;
  RoomPort* rooms_ = nullptr;
  boost::unordered_flat_map<std::uint64_t, std::unique_ptr<Conn>> conns_;
  FlatMap<AttachmentId, Conn*> by_attachment_;
  boost::unordered_flat_set<std::uint64_t> lapsed_;
  std::string answer_;  // the one being written
  std::vector<std::pair<PartitionId, Stop>> lost_stops_;
};

}  // namespace paytick::ingest
