#pragma once
// The sockets: which attachment each holds, what a ping turns into, and which answer belongs to it.
//
// A socket holds one attachment at a time, to one (content, meter). The first ping opens it, later ones are
// heartbeats stamped with the gateway's time; a ping for something else, or the end of the socket, stops it.
// When the fold says that the session is closed, the desk opens a new one and repeats the ping, once.
//
// Pure and not thread-safe: see gateway_core.h.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ingest/flat_map.h"
#include "ingest/gateway_parts.h"
#include "ingest/protocol.h"
#include "model/reply.h"
#include "model/time.h"

namespace paytick::ingest {

class SocketDesk {
 public:
  SocketDesk(const CoreConfig& config, const Shared& shared, LogFeed& feed, Outbox& out,
             CoreCounters& counters)
      : config_(config), shared_(shared), feed_(feed), out_(out), counters_(counters) {}

  void on_open(ConnId conn, TimeMs now);
  void on_message(ConnId conn, codec::MutableLine message, TimeMs now);
  void on_close(ConnId conn, TimeMs now);
  // False if the attachment is none of a socket here.
  bool on_reply(const Reply& reply, TimeMs now);
  // Writes the stops again that a failed append has lost. About once a second.
  void on_tick();
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
    bool written = false;   // its open is in the log, or on the way
    bool tried = false;     // its open may be in the log, so that it needs a stop
    bool closed = false;    // the fold says so
    bool repeated = false;  // this attachment came from repeating a ping
    std::optional<HaltReason> halt;
    std::uint64_t seq = 0;
    std::vector<Outstanding> outstanding;  // in order
    ResumeTokens::Token token{};           // of `session`
  };
  struct Conn {
    ConnId id{};
    std::int64_t tokens_milli = 0;  // of the rate limit, in thousandths of a ping
    TimeMs refilled;
    std::optional<Attachment> at;
  };

  bool within_rate(Conn& conn, TimeMs now) const;
  void send(ConnId to, std::string_view text);
  void refuse(ConnId conn, const Error& error, std::optional<std::int64_t> seq = std::nullopt);
  Result<Attachment> prepare(const ContentId& content, const MeterId& meter,
                             const std::optional<PlanId>& plan);
  void write_open(Attachment& a, std::optional<SessionId> resume, TimeMs now);
  void write_heartbeat(Attachment& a, std::optional<std::int64_t> client_seq, TimeMs now);
  void leave(Conn& conn, TimeMs now);
  void install(Conn& conn, Attachment a);
  void repeat(Conn& conn, TimeMs now);
  std::optional<Outstanding> settle(Attachment& a, std::uint64_t seq, TimeMs now);
  void answer_tick(ConnId id, Attachment& a, const Reply& reply, TimeMs now);

  const CoreConfig& config_;
  const Shared& shared_;
  LogFeed& feed_;
  Outbox& out_;
  CoreCounters& counters_;
  boost::unordered_flat_map<std::uint64_t, std::unique_ptr<Conn>> conns_;
  FlatMap<AttachmentId, Conn*> by_attachment_;
  std::string answer_;  // the one being written
  std::vector<std::pair<PartitionId, Stop>> lost_stops_;
};

}  // namespace paytick::ingest
