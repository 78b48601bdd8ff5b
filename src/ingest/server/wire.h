#pragma once
// A link whose writes never wait: what the kernel does not take at once is kept, in order, and follows when
// it can. So a frame is written by one call, without an operation to allocate and to complete, and frames of
// ours and of Beast's never mix. Reading goes on when the socket is readable, so that a connection which says
// nothing holds no buffer. It is the layer below Beast's WebSocket stream. One thread: the loop's.

#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/role.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ingest/server/link.h"
#include "ingest/server/net.h"

namespace paytick::ingest::server {

class Wire {
 public:
  // Answers that a client does not read. It has been gone for long when they pass this: the connection is
  // cut.
  static constexpr std::size_t kUnsentBytesMax = 256 * 1024;

  explicit Wire(Link link) : link_(std::move(link)) {}
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // What must live while something is on its way; before the first write.
  void belongs_to(std::weak_ptr<void> owner) { owner_ = std::move(owner); }

  // Everything in `bytes`, or an end of the connection, which the reader then sees.
  void write(std::string_view bytes);
  std::size_t unsent() const { return unsent_.size(); }

  // What can be read now: bytes, 0 at the end of the stream or after an error, nothing when there is nothing
  // yet.
  std::optional<std::size_t> read(char* to, std::size_t size) { return link_.read(to, size); }
  // Bytes that were read and are Beast's to read.
  void give_back(std::string_view bytes) { read_ahead_ = bytes; }
  template <typename Handler>  // void(ErrorCode)
  void async_wait_readable(Handler&& handler) {
    link_.async_wait_readable(std::forward<Handler>(handler));
  }
  void end_sending() { link_.end_sending(); }
  void close();

  // The layer as Beast sees it.
  using executor_type = Executor;
  using next_layer_type = Socket;
  executor_type get_executor() { return link_.get_executor(); }
  Socket& next_layer() { return link_.socket(); }

  template <typename Buffers, typename Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (read_ahead_.empty()) return link_.async_read_some(buffers, std::forward<Handler>(handler));
    const std::size_t n = asio::buffer_copy(buffers, asio::buffer(read_ahead_));
    read_ahead_.erase(0, n);
    if (read_ahead_.empty()) read_ahead_ = {};
    complete(std::forward<Handler>(handler), {}, n);
  }
  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    std::string bytes;
    for (const auto buffer : beast::buffers_range_ref(buffers))
      bytes.append(static_cast<const char*>(buffer.data()), buffer.size());
    write(bytes);
    complete(std::forward<Handler>(handler), broken_ ? asio::error::broken_pipe : ErrorCode(), bytes.size());
  }

  friend void teardown(beast::role_type role, Wire& wire, ErrorCode& error) {
    wire.link_.say_goodbye();
    websocket::teardown(role, wire.link_.socket(), error);
  }
  template <typename Handler>
  friend void async_teardown(beast::role_type role, Wire& wire, Handler&& handler) {
    wire.link_.say_goodbye();
    websocket::async_teardown(role, wire.link_.socket(), std::forward<Handler>(handler));
  }

 private:
  template <typename Handler>
  void complete(Handler&& handler, ErrorCode error, std::size_t n) {
    asio::post(get_executor(), beast::bind_front_handler(std::forward<Handler>(handler), error, n));
  }
  // How much of it the kernel takes now.
  std::size_t send(std::string_view bytes);
  void flush_when_writable();
  void cut();

  Link link_;
  std::weak_ptr<void> owner_;
  std::string unsent_, read_ahead_;
  bool flushing_ = false, broken_ = false;
};

}  // namespace paytick::ingest::server
