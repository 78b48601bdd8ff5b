#pragma once
// A stream of Server-Sent Events to one client. EventPipe is the end that others hold, on any thread, for as
// long as they like; EventSession is the connection, on the lane's thread. What is sent waits in the pipe
// until what was sent before it has been written.

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "ingest/http_routes.h"
#include "ingest/server/door.h"
#include "ingest/server/lane.h"
#include "ingest/server/link.h"
#include "ingest/server/net.h"
#include "ingest/server/timer_wheel.h"
#include "ingest/server/visitors.h"

namespace paytick::ingest::server {

class EventPipe : public EventStream {
 public:
  explicit EventPipe(std::shared_ptr<Door> door) : door_(std::move(door)) {}

  bool send(std::string_view events) override;
  bool closed() const override;
  void close(std::string_view reason) override;
  void on_close(std::function<void()> told) override;
  void refuse(HttpResponse response) override;

  // The lane's side.
  void attach(const std::shared_ptr<EventSession>& session);
  std::optional<HttpResponse> refusal();
  // What waits, and whether it is the end.
  struct Waiting {
    std::string events;
    bool last = false;
  };
  Waiting take();

 private:
  using Lock = std::unique_lock<std::mutex>;
  void shut(std::string_view reason, Lock lock);
  void wake(Lock lock);

  const std::shared_ptr<Door> door_;
  mutable std::mutex mutex_;
  std::weak_ptr<EventSession> session_;
  std::string waiting_;
  std::function<void()> told_;
  std::optional<HttpResponse> refusal_;
  bool closed_ = false, posted_ = false;
};

class EventSession : public Timed, public std::enable_shared_from_this<EventSession> {
 public:
  EventSession(Lane& lane, Link link, Visitors::Visit visit, std::shared_ptr<EventPipe> pipe);
  ~EventSession() override;  // NOLINT(bugprone-exception-escape): see there

  void run(std::string head);
  void flush();  // there may be something in the pipe
  void drain();

 private:
  bool on_deadline() override;
  void watch();
  void write();
  void hurry();
  void end();

  Lane& lane_;
  Link link_;
  const Visitors::Visit visit_;
  std::shared_ptr<EventPipe> pipe_;
  std::string writing_;
  char ignored_[64] = {};  // what the client sends
  bool busy_ = false, last_ = false, hurried_ = false, ended_ = false;
};

}  // namespace paytick::ingest::server
