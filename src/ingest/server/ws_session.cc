#include "ingest/server/ws_session.h"

#include <algorithm>
#include <span>
#include <utility>

#include "ingest/auth/socket_credential.h"
#include "ingest/errors.h"
#include "ingest/protocol.h"
#include "ingest/server/ws_frames.h"

namespace paytick::ingest::server {
namespace {

// Frames of any kind for each message that a socket may send.
constexpr std::int64_t kFramesPerMessage = 4, kFramesBurstSeconds = 2;
constexpr std::int64_t kFramesPerSecondMax = 1'000'000;
constexpr std::size_t kFrameBytes = 4 * 1024;  // of a larger one, each
}  // namespace

WsSession::WsSession(Lane& lane, Link link, Visitors::Visit visit, Visitor visitor)
    : lane_(lane),
      ws_(std::move(link)),
      visit_(std::move(visit)),
      visitor_(std::make_unique<Visitor>(std::move(visitor))) {
  ++lane_.parts().connections;
}

WsSession::~WsSession() { --lane_.parts().connections; }

void WsSession::run(const http::request<http::string_body>& upgrade) {
  websocket::stream_base::timeout none{};
  none.handshake_timeout = websocket::stream_base::none();
  none.idle_timeout = websocket::stream_base::none();
  none.keep_alive_pings = false;
  ws_.set_option(none);
  ws_.read_message_max(static_cast<std::size_t>(lane_.parts().visitors.limits().message_bytes));
  ws_.auto_fragment(false);
  ws_.write_buffer_bytes(512);
  ws_.next_layer().belongs_to(weak_from_this());
  ws_.control_callback([this](websocket::frame_type, beast::string_view) {
    alive();
    spend(0);
  });
  refilled_ms_ = static_cast<std::uint32_t>(lane_.now().ms) - 60'000U;  // long enough to be full
  spoke_s_ = static_cast<std::int32_t>(lane_.wheel().now_s());
  conn_ = lane_.add(shared_from_this(), std::move(*visitor_));
  visitor_.reset();
  joined_ = true;
  const auto offered = upgrade[http::field::sec_websocket_protocol];
  if (offers_protocol({offered.data(), offered.size()})) {
    ws_.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
      response.set(http::field::sec_websocket_protocol, kSocketProtocol);
    }));
  }
  deadline_s = lane_.wheel().now_s() + lane_.parts().timeouts.header_s;
  lane_.wheel().add(shared_from_this());
  ws_.async_accept(upgrade, [self = shared_from_this()](ErrorCode error) {
    if (error) return self->end();
    self->alive();
    self->wait();
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
  const std::int64_t idle_s = lane_.parts().visitors.limits().socket_idle_s;
  if (pinged_ || (idle_s > 0 && lane_.wheel().now_s() - spoke_s_ >= idle_s)) {
    close(pinged_ ? "timeout" : "idle");
    return !ended_;
  }
  pinged_ = true;
  deadline_s = lane_.wheel().now_s() + lane_.parts().timeouts.pong_s;
  lane_.scratch_text().clear();
  append_ping_frame(lane_.scratch_text());
  ws_.next_layer().write(lane_.scratch_text());
  return true;
}

void WsSession::wait() {
  ws_.next_layer().async_wait_readable(
      [self = shared_from_this()](ErrorCode error) { self->on_readable(error); });
}

void WsSession::on_readable(ErrorCode error) {
  if (ended_ || closing_) return;  // who closes reads through Beast
  if (error) return end();
  const std::span<char> scratch = lane_.scratch();
  const auto size = ws_.next_layer().read(scratch.data(), scratch.size() - 1);
  if (size == 0U) return end();
  if (size && !take(scratch.data(), *size)) return;
  wait();
}

// False when somebody else reads on, or nobody.
bool WsSession::take(char* data, std::size_t size) {
  while (size > 0) {
    const auto frame = take_whole_frame(data, size);
    if (!frame) {
      ws_.next_layer().give_back({data, size});
      read();
      return false;
    }
    alive();
    if (!spend(frame->size)) return false;
    if (frame->kind == WholeFrame::Kind::text) {
      message(frame->payload, frame->size);
    } else if (frame->kind == WholeFrame::Kind::ping) {
      lane_.scratch_text().clear();
      append_pong_frame({frame->payload, frame->size}, lane_.scratch_text());
      ws_.next_layer().write(lane_.scratch_text());
    }
    if (ended_ || closing_) return false;
    data += frame->frame_size;
    size -= frame->frame_size;
  }
  return true;
}

// False, and closed, when it sends more than it may.
bool WsSession::spend(std::size_t bytes) {
  if (closing_ || ended_) return false;
  const std::int64_t messages = lane_.parts().visitors.limits().messages_per_socket;
  if (messages <= 0) return true;
  const std::int64_t rate = std::min(messages * kFramesPerMessage, kFramesPerSecondMax);  // thousandths a ms
  const auto now_ms = static_cast<std::uint32_t>(lane_.now().ms);
  const std::uint32_t passed_ms = now_ms - refilled_ms_;  // a clock that steps back fills it
  const std::int64_t there = std::min(frames_milli_ + passed_ms * rate, rate * 1'000 * kFramesBurstSeconds);
  const auto cost = static_cast<std::int64_t>(1'000 * (1 + bytes / kFrameBytes));
  refilled_ms_ = now_ms;
  frames_milli_ = static_cast<std::uint32_t>(std::max<std::int64_t>(there - cost, 0));
  if (there >= cost) return true;
  lane_.parts().visitors.count_cut_off();
  cut_off("rate_limited");
  return false;
}

// One byte after the text is lent to the codec.
void WsSession::message(char* text, std::size_t size) {
  spoke_s_ = static_cast<std::int32_t>(lane_.wheel().now_s());
  const char after = text[size];
  lane_.core().on_message(conn_, {text, size}, lane_.now());
  text[size] = after;
  lane_.kick();
}

void WsSession::read() {
  if (!buffer_) buffer_ = std::make_unique<beast::flat_buffer>();
  ws_.async_read(*buffer_,
                 [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_read(error); });
}

void WsSession::on_read(ErrorCode error) {
  if (error == websocket::error::message_too_big && !ended_ && !closing_) return leave();  // told so by Beast
  if (error) return end();
  if (ended_) return;
  alive();
  const std::size_t size = buffer_->size();
  if (!spend(size)) return;
  if (!ws_.got_text()) {
    send(render_error({std::string(code::kNotText), "Messages are text frames with JSON."}));
  } else {
    buffer_->prepare(1);
    message(static_cast<char*>(buffer_->data().data()), size);
  }
  buffer_->consume(size);
  if (buffer_->capacity() > 4'096) buffer_->shrink_to_fit();
  if (!ended_) read();
}

void WsSession::send(std::string_view text) {
  if (ended_ || closing_ || !ws_.is_open()) return;
  spoke_s_ = static_cast<std::int32_t>(lane_.wheel().now_s());
  lane_.scratch_text().clear();
  append_text_frame(text, lane_.scratch_text());
  ws_.next_layer().write(lane_.scratch_text());
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

// Says why, and reads nothing more: what it goes on sending stays where it is, and costs nothing.
void WsSession::cut_off(const char* reason) {
  if (closing_ || ended_) return;
  lane_.scratch_text().clear();
  append_close_frame(websocket::close_code::policy_error, reason, lane_.scratch_text());
  ws_.next_layer().write(lane_.scratch_text());
  leave();
}

// The last word is said. What the other side has sent is not read; it has time to read what we sent.
void WsSession::leave() {
  closing_ = true;
  lane_.core().on_close(conn_, lane_.now());
  lane_.kick();
  ws_.next_layer().end_sending();
  deadline_s = lane_.wheel().now_s() + lane_.parts().timeouts.close_s;
  lane_.wheel().add(shared_from_this());  // where it sits, it may be looked at much later
}

void WsSession::end() {
  if (ended_) return;
  ended_ = true;
  ws_.next_layer().close();
  if (joined_) lane_.remove(conn_);
}

}  // namespace paytick::ingest::server
