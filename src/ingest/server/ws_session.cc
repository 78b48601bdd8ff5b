#include "ingest/server/ws_session.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "ingest/errors.h"
#include "ingest/protocol.h"

namespace paytick::ingest::server {
namespace {

// Larger messages than kSocketMessageBytesMax are answered with "too_large"; beyond this the socket is closed
// (1009).
constexpr std::size_t kHardMessageBytesMax = 64 * 1024;
// Answers that a client does not read. It has been gone for long when they reach this.
constexpr std::size_t kUnreadBytesMax = 256 * 1024;

}  // namespace

WsSession::WsSession(Lane& lane, Socket socket) : lane_(lane), ws_(std::move(socket)) {
  ++lane_.parts().connections;
}

WsSession::~WsSession() { --lane_.parts().connections; }

void WsSession::run(const http::request<http::string_body>& upgrade) {
  websocket::stream_base::timeout none{};
  none.handshake_timeout = websocket::stream_base::none();
  none.idle_timeout = websocket::stream_base::none();
  none.keep_alive_pings = false;
  ws_.set_option(none);
  ws_.read_message_max(kHardMessageBytesMax);
  ws_.auto_fragment(false);
  ws_.write_buffer_bytes(512);
  ws_.control_callback([this](websocket::frame_type, beast::string_view) { alive(); });
  conn_ = lane_.add(shared_from_this());
  joined_ = true;
  deadline_s = lane_.wheel().now_s() + lane_.parts().timeouts.header_s;
  lane_.wheel().add(shared_from_this());
  ws_.async_accept(upgrade, [self = shared_from_this()](ErrorCode error) {
    if (error) return self->end();
    self->ws_.text(true);
    self->alive();
    self->read();
    if (!self->out_.empty()) self->write();
  });
}

void WsSession::alive() {
  if (closing_) return;  // whoever is told to go has Timeouts::close_s for it, whatever it sends
  pinged_ = false;
  deadline_s = lane_.wheel().now_s() + lane_.parts().timeouts.keepalive_s;
}

bool WsSession::on_deadline() {
  if (ended_) return false;
  if (closing_ || !ws_.is_open()) {
    end();
    return false;
  }
  if (pinged_) {
    close("timeout");
    return !ended_;
  }
  pinged_ = true;
  deadline_s = lane_.wheel().now_s() + lane_.parts().timeouts.pong_s;
  ws_.async_ping({}, [self = shared_from_this()](ErrorCode) {});
  return true;
}

void WsSession::read() {
  ws_.async_read(buffer_,
                 [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_read(error); });
}

void WsSession::on_read(ErrorCode error) {
  if (error) return end();
  if (ended_) return;
  alive();
  const std::size_t size = buffer_.size();
  if (!ws_.got_text()) {
    send(render_error({std::string(code::kNotText), "Messages are text frames with JSON."}));
  } else {
    buffer_.prepare(1);  // the codec wants one writable byte after the message
    lane_.core().on_message(conn_, {static_cast<char*>(buffer_.data().data()), size}, lane_.now());
    lane_.kick();
  }
  buffer_.consume(size);
  if (buffer_.capacity() > 4'096) buffer_.shrink_to_fit();
  if (!ended_) read();
}

void WsSession::send(std::string text) {
  if (ended_ || closing_) return;
  out_bytes_ += text.size();
  out_.push_back(std::move(text));
  if (out_bytes_ > kUnreadBytesMax) {
    // Not from within the core's call.
    return asio::post(ws_.get_executor(), [self = shared_from_this()] { self->end(); });
  }
  if (out_.size() == 1 && ws_.is_open()) write();
}

void WsSession::write() {
  ws_.async_write(asio::buffer(out_.front()), [self = shared_from_this()](ErrorCode error, std::size_t) {
    if (error) return self->end();
    self->out_bytes_ -= self->out_.front().size();
    self->out_.pop_front();
    if (!self->out_.empty() && !self->closing_) self->write();
  });
}

void WsSession::drain() {
  if (ended_ || closing_) return;
  close("draining");
  if (!ended_) lane_.wheel().add(shared_from_this());  // where it sits, it may be looked at much later
}

void WsSession::close(const char* reason) {
  closing_ = true;
  lane_.core().on_close(conn_, lane_.now());  // the stop is written now, however long the handshake takes
  lane_.kick();
  deadline_s = lane_.wheel().now_s() + lane_.parts().timeouts.close_s;
  if (!ws_.is_open()) return end();
  ws_.async_close(websocket::close_reason(websocket::close_code::going_away, reason),
                  [self = shared_from_this()](ErrorCode) { self->end(); });
}

void WsSession::end() {
  if (ended_) return;
  ended_ = true;
  ErrorCode ignored;
  beast::get_lowest_layer(ws_).close(ignored);
  if (joined_) lane_.remove(conn_);
}

}  // namespace paytick::ingest::server
