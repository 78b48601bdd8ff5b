#include "ingest/server/event_session.h"

#include <boost/asio/write.hpp>
#include <utility>

namespace paytick::ingest::server {
namespace {

constexpr std::string_view kKeepAlive = ": here\n\n";

std::string render_close(std::string_view reason) {
  return render_event("close", std::string(R"({"reason":")").append(reason).append("\"}"));
}

}  // namespace

bool EventPipe::send(std::string_view events) {
  Lock lock(mutex_);
  if (closed_) return false;
  if (waiting_.size() + events.size() > kUnsentBytesMax) {
    waiting_ = {};  // nobody reads it
    shut("slow", std::move(lock));
    return false;
  }
  waiting_ += events;
  wake(std::move(lock));
  return true;
}

bool EventPipe::closed() const {
  const Lock lock(mutex_);
  return closed_;
}

void EventPipe::close(std::string_view reason) {
  Lock lock(mutex_);
  if (!closed_) shut(reason, std::move(lock));
}

void EventPipe::shut(std::string_view reason, Lock lock) {
  closed_ = true;
  waiting_ += render_close(reason);
  const auto told = std::exchange(told_, nullptr);
  wake(std::move(lock));
  if (told) told();
}

void EventPipe::wake(Lock lock) {
  if (posted_ || session_.expired()) return;
  posted_ = true;
  lock.unlock();
  door_->post([session = session_] {
    if (const auto alive = session.lock()) alive->flush();
  });
}

void EventPipe::on_close(std::function<void()> told) {
  {
    const Lock lock(mutex_);
    if (!closed_) {
      told_ = std::move(told);
      return;
    }
  }
  told();
}

void EventPipe::refuse(HttpResponse response) {
  const Lock lock(mutex_);
  closed_ = true;
  told_ = nullptr;
  refusal_ = std::move(response);
}

std::optional<HttpResponse> EventPipe::refusal() {
  const Lock lock(mutex_);
  return std::exchange(refusal_, std::nullopt);
}

void EventPipe::attach(const std::shared_ptr<EventSession>& session) {
  const Lock lock(mutex_);
  session_ = session;
}

EventPipe::Waiting EventPipe::take() {
  const Lock lock(mutex_);
  posted_ = false;
  return {std::exchange(waiting_, {}), closed_};
}

EventSession::EventSession(Lane& lane, Link link, Visitors::Visit visit, std::shared_ptr<EventPipe> pipe)
    : lane_(lane), link_(std::move(link)), visit_(std::move(visit)), pipe_(std::move(pipe)) {
  ++lane_.parts().connections;
}

// What could be thrown is that memory is out, which ends the process.
// NOLINTNEXTLINE(bugprone-exception-escape)
EventSession::~EventSession() {
  pipe_->close("gone");
  --lane_.parts().connections;
}

void EventSession::run(std::string head) {
  lane_.enter(this);
  pipe_->attach(shared_from_this());
  deadline_s = lane_.wheel().now_s() + lane_.parts().timeouts.keepalive_s;
  lane_.wheel().add(shared_from_this());
  writing_ = std::move(head);
  write();
  watch();
}

// The client has nothing to say; its end is noticed by reading.
void EventSession::watch() {
  link_.async_read_some(asio::buffer(ignored_), [self = shared_from_this()](ErrorCode error, std::size_t) {
    if (self->ended_) return;
    if (error) return self->end();
    self->watch();
  });
}

void EventSession::flush() {
  if (ended_) return;
  if (busy_) {
    if (pipe_->closed()) hurry();
    return;
  }
  auto waiting = pipe_->take();
  last_ = waiting.last;
  writing_ = std::move(waiting.events);
  if (!writing_.empty()) return write();
  if (last_) end();
}

void EventSession::write() {
  busy_ = true;
  deadline_s = lane_.wheel().now_s() + lane_.parts().timeouts.keepalive_s;
  if (last_) hurry();
  asio::async_write(link_, asio::buffer(writing_), [self = shared_from_this()](ErrorCode error, std::size_t) {
    if (self->ended_) return;
    if (error) return self->end();
    self->busy_ = false;
    self->writing_ = {};
    self->flush();
  });
}

// What is on its way has Timeouts::close_s to arrive.
void EventSession::hurry() {
  if (hurried_) return;
  hurried_ = true;
  deadline_s = lane_.wheel().now_s() + lane_.parts().timeouts.close_s;
  lane_.wheel().add(shared_from_this());  // where it sits, it may be looked at much later
}

// Silence is broken by a comment, so that nobody on the way takes the connection for dead. A write that has
// taken all the time is one to a client that does not read.
bool EventSession::on_deadline() {
  if (ended_) return false;
  if (hurried_) {
    end();
    return false;
  }
  if (busy_) {
    pipe_->close("slow");
    hurry();
    return false;
  }
  writing_ = kKeepAlive;
  write();
  return true;
}

void EventSession::drain() { pipe_->close("draining"); }

void EventSession::end() {
  if (ended_) return;
  ended_ = true;
  link_.end_sending();
  link_.close();
  pipe_->close("gone");
  lane_.leave(this);
}

}  // namespace paytick::ingest::server
