#pragma once
// Server-Sent Events of the outbox: one reader a process, that hands each notice to whoever may see it and
// asked for it. A stream's place is the number of its newest event (Last-Event-ID), so that whoever comes
// back misses nothing that is still kept; if something is not, it is told with an event "missed".
//
// The database is asked four times a second while there are streams, and once more a stream that comes back.
// Only the reader's thread talks to it; add() never waits.

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "ingest/http_routes.h"
#include "push/outbox_store.h"

namespace paytick::push {

struct StreamsStatus {
  std::size_t streams = 0;
  std::uint64_t sent = 0;        // events
  std::optional<Error> trouble;  // with the database
};

class NoticeStreams {
 public:
  NoticeStreams(std::string database_url, std::size_t streams_max);
  ~NoticeStreams();  // stop()

  // Any thread. `after`: the newest event that the client has; nothing: from now on. False: there are too
  // many. A first comment tells the client that it is being listened for.
  bool add(std::shared_ptr<ingest::EventStream> stream, const NoticeFilter& filter,
           std::optional<std::int64_t> after);
  void stop();
  StreamsStatus status() const;

 private:
  struct Stream {
    std::shared_ptr<ingest::EventStream> out;
    NoticeFilter filter;
    std::optional<std::int64_t> after;  // has all up to here; nothing: not begun
    bool begun = false;
  };
  void run();
  Result<bool> serve(OutboxStore& store);  // true: there is more
  void begin(Stream& stream, const OutboxStore::Ends& ends);
  Result<void> catch_up(OutboxStore& store, Stream& stream, std::int64_t to);
  void send(Stream& stream, const Notice& notice);

  const std::string url_;
  const std::size_t streams_max_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::vector<Stream> joining_;
  StreamsStatus status_;
  std::vector<Stream> streams_;  // of the thread alone
  std::int64_t tail_ = 0;        // streams that have all have this; of the thread alone
  std::thread thread_;           // last: it uses all of the above
};

}  // namespace paytick::push
