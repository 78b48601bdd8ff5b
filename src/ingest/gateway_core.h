#pragma once
// The gateway without its sockets, threads and log: messages, HTTP batches and replies in; answers and
// batches of records out. Time is an argument. A lane of the Beast server drives one core; the simulator
// drives it by hand:
//
//   core.on_open(conn, now); core.on_message(conn, text, now);
//   while (auto batch = core.take_batch(now)) core.on_appended(batch->id, append(batch->records));
//   core.on_reply(reply, now);
//
// Not thread-safe: one thread owns a core.

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "ingest/batch_desk.h"
#include "ingest/commands/command_desk.h"
#include "ingest/errors.h"
#include "ingest/gateway_parts.h"
#include "ingest/log_feed.h"
#include "ingest/socket_desk.h"

namespace paytick::ingest {

class GatewayCore {
 public:
  GatewayCore(const CoreConfig& config, const Shared& shared, std::uint32_t partitions, Outbox& out)
      : config_(config),
        shared_(shared),
        feed_(partitions),
        commands_(config_, shared_, feed_),
        sockets_(config_, shared_, feed_, out, commands_, counters_),
        batches_(shared_, feed_, out, counters_) {}
  GatewayCore(const GatewayCore&) = delete;
  GatewayCore& operator=(const GatewayCore&) = delete;

  // Sockets. A message must be followed by a writable byte (model/codec.h).
  void on_open(ConnId conn, TimeMs now, Visitor visitor = {}) {
    sockets_.on_open(conn, now, std::move(visitor));
  }
  void on_message(ConnId conn, codec::MutableLine message, TimeMs now) {
    sockets_.on_message(conn, message, now);
  }
  void on_close(ConnId conn, TimeMs now) { sockets_.on_close(conn, now); }

  // HTTP batches.
  RunId begin_batch(const Platform& platform, std::string body) {
    return batches_.begin(platform, std::move(body));
  }
  BatchDesk::Progress step_batch(RunId run, std::size_t lines_max, TimeMs now) {
    return batches_.step(run, lines_max, now);
  }

  // Records for other topics, or lines for a partition, with a word when they are written.
  using Done = std::function<void(const AppendResult&)>;
  void add_record(log::NewRecord record) { feed_.add_record(std::move(record)); }
  void add_line(PartitionId partition, const Input& line) { feed_.add(partition, line); }
  void when_written(Done done) { feed_.notes().tasks.push_back(std::move(done)); }

  // Lines whose sender waits for what became of them. The fold's outcomes go to on_outcome().
  CommandDesk& commands() { return commands_; }
  void on_outcome(const Outcome& outcome) { commands_.on_outcome(outcome); }
  void keep_rooms(RoomPort* rooms) { sockets_.keep_rooms(rooms); }

  // What the fold answered, after its commit.
  void on_reply(const Reply& reply, TimeMs now) {
    if (sockets_.on_reply(reply, now)) return;
    if (reply.closed || ends_attachment(reply.refused)) shared_.sessions.close(reply.attachment, now);
  }

  // About once a second.
  void on_tick(TimeMs now) {
    sockets_.on_tick(now);
    commands_.on_tick(now);
    shared_.sessions.sweep(now);
  }

  // The log. After a failed append the same core goes on: those who waited are told.
  std::optional<LogBatch> take_batch(TimeMs now) { return feed_.take(now); }
  void on_appended(BatchId id, const AppendResult& result) {
    const BatchNotes notes = feed_.complete(id);
    ++(result ? counters_.batches : counters_.batches_failed);
    sockets_.on_appended(notes, result);
    batches_.on_appended(id, notes, result);
    for (const Done& done : notes.tasks) done(result);
  }

  bool idle() const { return feed_.idle(); }  // nothing waits for the log
  bool full() const { return feed_.full(); }
  // The log does not answer: nothing new is taken. In time `now`, as for the others.
  bool stalled(TimeMs now) const { return feed_.in_flight_ms(now) > config_.append_patience_ms; }
  std::size_t connections() const { return sockets_.connections(); }
  std::size_t batch_bytes() const { return batches_.bytes(); }
  const CoreCounters& counters() const { return counters_; }
  std::uint32_t partitions() const { return feed_.partitions(); }

 private:
  CoreConfig config_;
  Shared shared_;
  CoreCounters counters_;
  LogFeed feed_;
  CommandDesk commands_;
  SocketDesk sockets_;
  BatchDesk batches_;
};

}  // namespace paytick::ingest
