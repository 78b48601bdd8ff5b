#include "ingest/server/lane.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <utility>

#include "ingest/server/event_session.h"
#include "ingest/server/http_session.h"
#include "ingest/server/tls_session.h"
#include "ingest/server/ws_session.h"

namespace paytick::ingest::server {
namespace {

using namespace std::chrono_literals;

// Lines of an HTTP batch worked through before the sockets get their turn: well below a millisecond.
constexpr std::size_t kSliceLines = 1'000;
// After a failed append, so that a full disk is not asked in a tight loop.
constexpr auto kPauseAfterFailure = 100ms;
// Bodies held in memory; beyond that requests are answered 503.
constexpr std::size_t kBatchBytesHeldMax = 128 * 1024 * 1024;

}  // namespace

Lane::Lane(const LaneParts& parts, const CoreConfig& config)
    : parts_(parts),
      work_(io_.get_executor()),
      timer_(io_.get_executor()),
      pause_(io_.get_executor()),
      core_(config, parts_.shared, parts_.log.partitions(), *this),
      appender_(std::make_unique<Appender>(parts_.log, [this](BatchId id, AppendResult result) {
        asio::post(io_, [this, id, result = std::move(result)] { on_appended(id, result); });
      })) {}

Lane::~Lane() {
  join();
  appender_.reset();
}

void Lane::start() {
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "gateway");
    cpu_.watch();
    io_.run();
  });
  asio::post(io_, [this] { tick(); });
}

void Lane::join() {
  door_->shut();
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

void Lane::call(const std::function<void()>& f) {
  std::promise<void> done;
  asio::post(io_, [&] {
    f();
    done.set_value();
  });
  done.get_future().wait();
}

CoreCounters Lane::counters() const {
  const std::lock_guard lock(published_mutex_);
  return published_;
}

std::optional<Error> Lane::trouble() const {
  const std::lock_guard lock(published_mutex_);
  if (append_failure_) return append_failure_;
  if (log_stalled_)
    return Error{"log_stalled", "the log does not answer; clients are told to try again", Next::retry};
  return std::nullopt;
}

double Lane::cpu_s() const { return cpu_.seconds() + appender_->cpu_s(); }

void Lane::tick() {
  {
    const std::lock_guard lock(published_mutex_);
    published_ = core_.counters();
    log_stalled_ = core_.stalled(now());
  }
  timer_.expires_after(1s);
  timer_.async_wait([this](ErrorCode error) {
    if (error) return;
    wheel_.tick();
    core_.on_tick(now());
    kick();
    tick();
  });
}

void Lane::accept(Socket socket, const Address& from, Visitors::Visit visit) {
  if (draining_) return;
  ErrorCode ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (parts_.certificate != nullptr) {
    auto tls = parts_.certificate->accept(socket.native_handle());
    const std::shared_ptr<TlsSession> session(
        new TlsSession(*this, Link(std::move(socket), std::move(tls)), from, std::move(visit)));
    return session->run();
  }
  // Not make_shared: the timer wheel's weak pointer would keep the memory of one that has become a WebSocket.
  const std::shared_ptr<HttpSession> session(
      new HttpSession(*this, Link(std::move(socket)), from, std::move(visit)));
  session->run();
}

void Lane::greet(Greeter& greeter) {
  greeter.place_ = greeters_.insert(greeters_.end(), &greeter);
  greeter.greeting_ = true;
  if (greeters_.size() <= parts_.greetings_max) return;
  Greeter& oldest = *greeters_.front();
  greeted(oldest);
  parts_.visitors.count_given_way();
  oldest.give_way();
}

void Lane::greeted(Greeter& greeter) {
  if (!std::exchange(greeter.greeting_, false)) return;
  greeters_.erase(greeter.place_);
}

ConnId Lane::add(const std::shared_ptr<WsSession>& session, Visitor visitor) {
  const ConnId conn{next_conn_++};
  sockets_.emplace(static_cast<std::uint64_t>(conn), session);
  core_.on_open(conn, now(), std::move(visitor));
  return conn;
}

void Lane::remove(ConnId conn) {
  core_.on_close(conn, now());
  sockets_.erase(static_cast<std::uint64_t>(conn));
  kick();
  check_drained();
}

void Lane::leave(HttpSession* session) {
  http_.erase(session);
  check_drained();
}

void Lane::leave(EventSession* session) {
  streams_.erase(session);
  check_drained();
}

void Lane::send(ConnId to, std::string_view text) {
  const auto it = sockets_.find(static_cast<std::uint64_t>(to));
  if (it != sockets_.end()) it->second->send(text);
}

// Flushing is posted, so that everything the loop has ready goes into one batch.
void Lane::kick() {
  if (flush_posted_) return;
  flush_posted_ = true;
  asio::post(io_, [this] {
    flush_posted_ = false;
    flush();
  });
}

void Lane::flush() {
  if (paused_) return;
  if (auto batch = core_.take_batch(now())) {
    submitted_ = std::chrono::steady_clock::now();
    appender_->submit(std::move(*batch));
  }
  check_drained();
}

void Lane::pause(std::chrono::steady_clock::duration time) {
  paused_ = true;
  pause_.expires_after(time);
  pause_.async_wait([this](ErrorCode) {
    paused_ = false;
    flush();
  });
}

void Lane::on_appended(BatchId id, const AppendResult& result) {
  core_.on_appended(id, result);
  {
    const std::lock_guard lock(published_mutex_);
    append_failure_ = result ? std::nullopt : std::optional(result.error());
  }
  for (const RunId run : std::exchange(stalled_, {})) step(run);
  if (!result) return pause(kPauseAfterFailure);
  const auto left = submitted_ + parts_.append_interval - std::chrono::steady_clock::now();
  if (left.count() > 0) return pause(left);
  flush();
}

void Lane::begin_batch(const std::shared_ptr<HttpSession>& session, const Platform& platform,
                       std::string body) {
  if (core_.batch_bytes() + body.size() > kBatchBytesHeldMax || core_.stalled(now())) {
    return session->refuse(
        {"try_again", "The gateway is busy; send the same again in a moment.", Next::retry});
  }
  const RunId run = core_.begin_batch(platform, std::move(body));
  waiting_.emplace(static_cast<std::uint64_t>(run), session);
  step(run);
}

void Lane::step(RunId run) {
  switch (core_.step_batch(run, kSliceLines, now())) {
    case BatchDesk::Progress::more:
      asio::post(io_, [this, run] { step(run); });
      break;
    case BatchDesk::Progress::wait:
      stalled_.push_back(run);
      break;
    case BatchDesk::Progress::parsed:
      break;
  }
  kick();
}

void Lane::answer(RunId run, std::string lines, std::uint32_t, std::uint32_t) {
  const auto it = waiting_.find(static_cast<std::uint64_t>(run));
  if (it == waiting_.end()) return;
  const auto session = std::move(it->second);
  waiting_.erase(it);
  session->respond({200, std::move(lines), "application/x-ndjson", 0});
}

void Lane::deliver(std::span<const Reply> replies) {
  bool was_empty = false;
  {
    const std::lock_guard lock(inbox_mutex_);
    was_empty = inbox_.empty() && outcomes_.empty();
    inbox_.insert(inbox_.end(), replies.begin(), replies.end());
  }
  if (was_empty && !replies.empty()) asio::post(io_, [this] { take_replies(); });
}

void Lane::answer(std::span<const Outcome> outcomes) {
  bool was_empty = false;
  {
    const std::lock_guard lock(inbox_mutex_);
    was_empty = inbox_.empty() && outcomes_.empty();
    outcomes_.insert(outcomes_.end(), outcomes.begin(), outcomes.end());
  }
  if (was_empty && !outcomes.empty()) asio::post(io_, [this] { take_replies(); });
}

void Lane::tell(std::vector<ConnId> to, std::shared_ptr<const std::string> text) {
  door_->post([this, to = std::move(to), text = std::move(text)] {
    for (const ConnId conn : to) send(conn, *text);
  });
}

void Lane::take_replies() {
  taken_.clear();
  taken_outcomes_.clear();
  {
    const std::lock_guard lock(inbox_mutex_);
    std::swap(taken_, inbox_);
    std::swap(taken_outcomes_, outcomes_);
  }
  const TimeMs at = now();
  for (const Reply& reply : taken_) core_.on_reply(reply, at);
  for (const Outcome& outcome : taken_outcomes_) core_.on_outcome(outcome);
  kick();
}

void Lane::drain(std::function<void()> done) {
  asio::post(io_, [this, done = std::move(done)]() mutable {
    draining_ = true;
    drained_ = std::move(done);
    const auto sockets = sockets_;  // closing takes them out of the table
    for (const auto& [id, session] : sockets) session->drain();
    const auto handshakes = handshakes_;
    for (TlsSession* session : handshakes) session->give_way();
    const auto http = http_;
    for (HttpSession* session : http) session->drain();
    const auto streams = streams_;
    for (EventSession* session : streams) session->drain();
    kick();
    check_drained();
  });
}

void Lane::check_drained() {
  if (!draining_ || !drained_) return;
  if (!sockets_.empty() || !http_.empty() || !streams_.empty() || !core_.idle()) return;
  std::exchange(drained_, nullptr)();
}

}  // namespace paytick::ingest::server
