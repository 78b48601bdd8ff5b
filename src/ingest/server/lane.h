#pragma once
// A lane: one event loop on one thread, with the connections it has accepted, a GatewayCore and an Appender.
// Lanes share the catalogue and the directories, and nothing else.
//
// Threads: everything runs on the lane's own thread, but for start, deliver, drain, counters, call and join.

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ingest/access_policy.h"
#include "ingest/auth/auth.h"
#include "ingest/gateway_core.h"
#include "ingest/http_routes.h"
#include "ingest/server/appender.h"
#include "ingest/server/door.h"
#include "ingest/server/net.h"
#include "ingest/server/thread_cpu.h"
#include "ingest/server/timer_wheel.h"
#include "ingest/server/tls.h"
#include "ingest/server/visitors.h"
#include "ingest/server/worker_pool.h"
#include "model/ports.h"

namespace paytick::ingest::server {

// A connection whose first request is not complete. When there are too many, the oldest gives way.
class Greeter {
 public:
  virtual ~Greeter() = default;
  virtual void give_way() = 0;  // ends, at once

 private:
  friend class Lane;
  std::list<Greeter*>::iterator place_;
  bool greeting_ = false;
};

class EventSession;
class HttpSession;
class TlsSession;
class WsSession;

// Limits of connections, in seconds; the wheel looks once a second.
struct Timeouts {
  std::int64_t header_s = 10;     // for a request's header to arrive, and between two requests
  std::int64_t body_s = 30;       // for its body
  std::int64_t work_s = 60;       // for its answer to be made and written
  std::int64_t async_s = 15;      // for its answer to be made by an AsyncHandler
  std::int64_t keepalive_s = 20;  // of silence on a socket, then a ping
  std::int64_t pong_s = 10;       // for the answer to that ping
  std::int64_t close_s = 3;       // for the other side to close, too
};

// What all lanes have in common; outlives them.
struct LaneParts {
  Shared shared;
  Catalog& catalog;
  log::EventLog& log;
  WallClock& clock;
  const AccessPolicy& policy;
  const Auth& auth;
  const HttpRoutes& routes;
  WorkerPool& pool;
  Timeouts timeouts;
  std::chrono::milliseconds append_interval;  // at least, between the beginnings of two appends
  std::atomic<std::int64_t>& connections;     // open now, over all lanes
  Visitors& visitors;
  Certificate* certificate;    // null: no TLS
  std::size_t greetings_max;   // of a lane; see Limits::handshakes
  std::uint16_t creators_bps;  // the platform's share of what a creator creates
};

class Lane : private Outbox {
 public:
  Lane(const LaneParts& parts, const CoreConfig& config);
  ~Lane() override;

  void start();
  asio::io_context& io() { return io_; }
  void accept(Socket socket, const Address& from, Visitors::Visit visit);  // on the lane's thread

  void deliver(std::span<const Reply> replies);                                // any thread
  void answer(std::span<const Outcome> outcomes);                              // any thread
  void tell(std::vector<ConnId> to, std::shared_ptr<const std::string> text);  // any thread
  // Closes the sockets, lets requests end, writes what is left, and calls `done` on the lane's thread.
  void drain(std::function<void()> done);
  void join();
  CoreCounters counters() const;  // any thread; as of the last second
  double cpu_s() const;           // any thread; used so far by the lane's two threads
  // Why the log does not take what comes, if it does not; as of the last second. Any thread.
  std::optional<Error> trouble() const;
  // Runs `f` on the lane's thread and waits; the lane must be running.
  void call(const std::function<void()>& f);

  // For sessions.
  GatewayCore& core() { return core_; }
  const LaneParts& parts() const { return parts_; }
  TimerWheel& wheel() { return wheel_; }
  TimeMs now() { return parts_.clock.now(); }
  bool draining() const { return draining_; }
  ConnId add(const std::shared_ptr<WsSession>& session, Visitor visitor);
  void remove(ConnId conn);
  void greet(Greeter& greeter);
  void greeted(Greeter& greeter);  // or gone
  void enter(TlsSession* session) { handshakes_.insert(session); }
  void leave(TlsSession* session) { handshakes_.erase(session); }
  void enter(HttpSession* session) { http_.insert(session); }
  void leave(HttpSession* session);
  void enter(EventSession* session) { streams_.insert(session); }
  void leave(EventSession* session);
  // Keeps a session that waits for an answer and for nothing of its socket's, until let_go().
  void hold(const std::shared_ptr<HttpSession>& session) { held_.insert(session); }
  void let_go(const std::shared_ptr<HttpSession>& session) { held_.erase(session); }
  const std::shared_ptr<Door>& door() const { return door_; }
  void kick();  // there may be something to write
  // Good until the loop's next handler: what a session reads into, and what it writes a frame into.
  std::span<char> scratch() { return scratch_; }
  std::string& scratch_text() { return scratch_text_; }
  void begin_batch(const std::shared_ptr<HttpSession>& session, const Platform& platform, std::string body);

 private:
  static constexpr std::size_t kScratchBytes = 32 * 1024;

  void send(ConnId to, std::string_view text) override;
  void answer(RunId run, std::string lines, std::uint32_t accepted, std::uint32_t refused) override;
  void flush();
  void pause(std::chrono::steady_clock::duration time);  // then it flushes
  void on_appended(BatchId id, const AppendResult& result);
  void step(RunId run);
  void take_replies();
  void tick();
  void check_drained();

  LaneParts parts_;
  asio::io_context io_{1};
  const std::shared_ptr<Door> door_ = std::make_shared<Door>(io_);
  asio::executor_work_guard<Executor> work_;
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                             Executor>
      timer_, pause_;
  TimerWheel wheel_;
  GatewayCore core_;
  boost::unordered_flat_map<std::uint64_t, std::shared_ptr<WsSession>> sockets_;
  std::unordered_set<HttpSession*> http_;
  std::unordered_set<EventSession*> streams_;
  std::unordered_set<TlsSession*> handshakes_;
  std::list<Greeter*> greeters_;  // oldest first
  std::unordered_set<std::shared_ptr<HttpSession>> held_;
  std::unordered_map<std::uint64_t, std::shared_ptr<HttpSession>> waiting_;  // for a run's answer
  std::vector<RunId> stalled_;                                               // runs that wait for the feed
  std::uint64_t next_conn_ = 1;
  std::array<char, kScratchBytes> scratch_;
  std::string scratch_text_;
  std::chrono::steady_clock::time_point submitted_;  // the latest batch
  bool flush_posted_ = false, paused_ = false, draining_ = false;
  std::function<void()> drained_;

  mutable std::mutex published_mutex_;
  CoreCounters published_;
  std::optional<Error> append_failure_;  // of the last append
  bool log_stalled_ = false;

  std::mutex inbox_mutex_;
  std::vector<Reply> inbox_, taken_;
  std::vector<Outcome> outcomes_, taken_outcomes_;

  ThreadCpu cpu_;
  std::thread thread_;
  std::unique_ptr<Appender> appender_;  // ends before everything above
};

}  // namespace paytick::ingest::server
