#pragma once
// A connection's bytes: a socket, and TLS on it where there is a certificate. To Beast it is a stream; the
// gateway's own reads and writes never wait. Without TLS it is the socket and nothing else. One thread: the
// loop's.

#include <boost/asio/compose.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "ingest/server/net.h"
#include "ingest/server/tls.h"

namespace paytick::ingest::server {

class Link {
 public:
  explicit Link(Socket socket, std::unique_ptr<Tls> tls = nullptr)
      : socket_(std::move(socket)), tls_(std::move(tls)) {}

  using executor_type = Executor;
  executor_type get_executor() { return socket_.get_executor(); }
  Socket& socket() { return socket_; }

  // Without waiting: bytes, 0 at the end or after an error, nothing when there is nothing yet.
  std::optional<std::size_t> read(char* to, std::size_t size);
  // How much is taken now; nothing after an error. What was not taken must come next, with more or without.
  std::optional<std::size_t> write(std::string_view bytes);

  template <typename Handler>  // void(ErrorCode)
  void async_wait_readable(Handler&& handler) {
    if (tls_ && tls_->holds_unread()) {
      return asio::post(get_executor(),
                        beast::bind_front_handler(std::forward<Handler>(handler), ErrorCode()));
    }
    socket_.async_wait(Socket::wait_read, std::forward<Handler>(handler));
  }
  template <typename Handler>
  void async_wait_writable(Handler&& handler) {
    socket_.async_wait(Socket::wait_write, std::forward<Handler>(handler));
  }
  template <typename Handler>
  void async_handshake(Handler&& handler) {
    start({nullptr, 0, TlsOperation::Kind::handshake}, std::forward<Handler>(handler));
  }

  // The stream as Beast sees it.
  template <typename Buffers, typename Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (!tls_) return socket_.async_read_some(buffers, std::forward<Handler>(handler));
    const asio::mutable_buffer first = first_of<asio::mutable_buffer>(buffers);
    start({static_cast<char*>(first.data()), first.size(), TlsOperation::Kind::read},
          std::forward<Handler>(handler));
  }
  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (!tls_) return socket_.async_write_some(buffers, std::forward<Handler>(handler));
    const asio::const_buffer first = first_of<asio::const_buffer>(buffers);
    // It is not written to.
    start({const_cast<char*>(static_cast<const char*>(first.data())), first.size(),  // NOLINT
           TlsOperation::Kind::write},
          std::forward<Handler>(handler));
  }

  void cancel();
  void say_goodbye() {  // of TLS, if there is one
    if (tls_) tls_->say_goodbye();
  }
  void end_sending();  // tells the other side that this was all
  void close();

 private:
  struct TlsOperation {
    enum class Kind : unsigned char { handshake, read, write };
    char* data;
    std::size_t size;
    Kind kind;
  };
  // One read, write or handshake over TLS, as often as the socket must be waited for.
  struct Doing {
    Link& link;
    TlsOperation operation;
    bool waited = false, done = false;
    ErrorCode result = {};
    std::size_t bytes = 0;

    template <typename Self>
    void operator()(Self& self, ErrorCode error = {}) {
      if (done) return self.complete(result, bytes);
      Tls::Step step;
      if (!error && link.tls_) step = link.once(operation);
      if (step.state == Tls::State::want_read || step.state == Tls::State::want_write) {
        waited = true;
        Socket& socket = link.socket_;
        const auto what = step.state == Tls::State::want_read ? Socket::wait_read : Socket::wait_write;
        return socket.async_wait(what, std::move(self));
      }
      done = true;
      bytes = step.bytes;
      if (error) {
        result = error;
      } else if (step.state != Tls::State::done) {
        result = asio::error::eof;
      }
      if (waited) return self.complete(result, bytes);
      const auto executor = link.get_executor();
      asio::post(executor, std::move(self));
    }
  };

  template <typename Handler>
  void start(const TlsOperation& operation, Handler&& handler) {
    asio::async_compose<Handler, void(ErrorCode, std::size_t)>(Doing{*this, operation}, handler, socket_);
  }
  template <typename Buffer, typename Buffers>
  static Buffer first_of(const Buffers& buffers) {
    for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers); ++it) {
      const Buffer buffer(*it);
      if (buffer.size() > 0) return buffer;
    }
    return {};
  }
  Tls::Step once(const TlsOperation& operation);

  Socket socket_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace paytick::ingest::server
