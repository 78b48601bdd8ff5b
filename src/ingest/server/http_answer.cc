// The second half of a request's life: who answers it, and how the answer goes out.

#include <boost/asio/post.hpp>
#include <sstream>
#include <utility>

#include "ingest/errors.h"
#include "ingest/protocol_batch.h"
#include "ingest/server/event_session.h"
#include "ingest/server/http_session.h"

namespace paytick::ingest::server {
namespace {

// Of a refused body, read and dropped so that the client sees the answer and not a reset: a batch up to twice
// too large. Timeouts::close_s bounds it as well.
constexpr std::size_t kLingerBytesMax = 2 * kBatchBytesMax;

}  // namespace

void HttpSession::dispatch_route(HttpRequest request) {
  auto match = lane_.parts().routes.find(request.method, request.path);
  request.params = std::move(match.params);
  if (match.async != nullptr) return ask(*match.async, request);
  if (match.stream != nullptr) return stream(*match.stream, request);
  if (match.handler == nullptr) {
    if (match.path_known) return refuse({std::string(code::kMethodNotAllowed), "Not with this method."});
    return refuse({std::string(code::kNotFound), "There is nothing at this path."});
  }
  if (match.where == RunOn::loop) return respond((*match.handler)(request));
  const bool queued = lane_.parts().pool.submit(
      [self = shared_from_this(), handler = match.handler, request = std::move(request)] {
        auto response = (*handler)(request);
        asio::post(self->lane_.io(),
                   [self, response = std::move(response)]() mutable { self->respond(std::move(response)); });
      });
  if (!queued) refuse({std::string(code::kTryAgain), "Too many requests wait; try again.", Next::retry});
}

void HttpSession::set_fields(http::fields& fields, const HttpResponse& answer) const {
  fields.set(http::field::server, "paytick");
  if (!answer.content_type.empty()) fields.set(http::field::content_type, answer.content_type);
  if (answer.retry_after_s > 0) fields.set(http::field::retry_after, std::to_string(answer.retry_after_s));
  if (answer.status == 401) fields.set(http::field::www_authenticate, "Bearer");
  fields.set(http::field::cache_control, "no-store");
  fields.set("X-Content-Type-Options", "nosniff");
  if (!origin_.empty()) {
    fields.set(http::field::access_control_allow_origin, origin_);
    fields.set(http::field::vary, "Origin");
    fields.set(http::field::access_control_expose_headers, "Retry-After, WWW-Authenticate");
    if (parser_->get().method() == http::verb::options) {
      fields.set(http::field::access_control_allow_methods, "GET, POST, PUT, PATCH, DELETE, OPTIONS");
      fields.set(http::field::access_control_allow_headers,
                 "Authorization, Content-Type, Idempotency-Key, Last-Event-ID");
      fields.set(http::field::access_control_max_age, "600");
    }
  }
  for (const auto& [name, value] : answer.headers) fields.set(name, value);
}

// The answer finds its way through the door, if lane and connection are still there.
void HttpSession::ask(const AsyncHandler& handler, const HttpRequest& request) {
  deadline_s = lane_.wheel().now_s() + lane_.parts().timeouts.async_s;
  lane_.hold(shared_from_this());
  handler(request, Respond([door = lane_.door(), session = weak_from_this()](HttpResponse response) {
            door->post([session, response = std::move(response)]() mutable {
              if (const auto alive = session.lock()) alive->respond(std::move(response));
            });
          }));
}

void HttpSession::stream(const StreamHandler& handler, const HttpRequest& request) {
  if (auto settled = settle_in(); !settled) return refuse(settled.error());
  const auto pipe = std::make_shared<EventPipe>(lane_.door());
  handler(request, pipe);
  if (auto refusal = pipe->refusal()) return respond(std::move(*refusal));
  http::response<http::empty_body> head(http::status::ok, 11U);
  HttpResponse events;
  events.content_type = "text/event-stream";
  events.headers.emplace_back("X-Accel-Buffering", "no");  // a proxy that gathers would hold events back
  set_fields(head, events);
  head.keep_alive(false);
  std::ostringstream text;
  text << head.base();
  moved_ = true;
  const std::shared_ptr<EventSession> session(
      new EventSession(lane_, std::move(link_), std::move(visit_), pipe));
  lane_.leave(this);
  session->run(text.str());
}

void HttpSession::refuse(const Error& error) {
  const unsigned status = http_status(error.code);
  respond({status, render_http_error(error), "application/json",
           status == 429 || status == 503 || status == 507 ? 1U : 0U});
}

void HttpSession::respond(HttpResponse answer) {
  if (ended_ || state_ == State::writing || state_ == State::lingering) return;
  if (state_ == State::reading) close_after_ = true;  // something of the request is still on the way
  state_ = State::writing;
  lane_.let_go(shared_from_this());
  deadline_s = lane_.wheel().now_s() + lane_.parts().timeouts.work_s;
  const auto& request = parser_->get();
  const bool keep = request.keep_alive() && !close_after_ && !lane_.draining();
  close_after_ = !keep;
  auto& out = response_.emplace(static_cast<http::status>(answer.status), 11U);
  set_fields(out, answer);
  out.keep_alive(keep);
  out.body() = std::move(answer.body);
  if (answer.status != 204) out.prepare_payload();
  http::async_write(link_, out, [self = shared_from_this()](ErrorCode error, std::size_t) {
    if (error || self->ended_) return self->end();
    self->response_.reset();
    if (self->close_after_) return self->linger();
    self->read_header();
  });
}

// Tells the other side that this was all, and takes in what is still on the way.
void HttpSession::linger() {
  if (state_ != State::lingering) {
    state_ = State::lingering;
    deadline_s = lane_.wheel().now_s() + lane_.parts().timeouts.close_s;
    lane_.wheel().add(shared_from_this());
    link_.end_sending();
    buffer_.consume(buffer_.size());
  }
  link_.async_read_some(buffer_.prepare(16 * 1024),
                        [self = shared_from_this()](ErrorCode error, std::size_t n) {
                          self->lingered_ += n;
                          if (error || self->lingered_ > kLingerBytesMax) return self->end();
                          self->linger();
                        });
}

}  // namespace paytick::ingest::server
