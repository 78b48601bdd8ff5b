#include "ingest/server/link.h"

#include <sys/socket.h>

#include <cerrno>

namespace paytick::ingest::server {

std::optional<std::size_t> Link::read(char* to, std::size_t size) {
  if (tls_) {
    const auto step = tls_->read(to, size);
    if (step.state == Tls::State::want_read || step.state == Tls::State::want_write) return std::nullopt;
    return step.bytes;
  }
  for (;;) {
    const ssize_t n = ::recv(socket_.native_handle(), to, size, MSG_DONTWAIT);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return std::nullopt;
    return 0;
  }
}

std::optional<std::size_t> Link::write(std::string_view bytes) {
  if (tls_) {
    std::size_t taken = 0;
    while (taken < bytes.size()) {  // a record at a time
      const auto step = tls_->write(bytes.data() + taken, bytes.size() - taken);
      if (step.state == Tls::State::ended) return std::nullopt;
      if (step.state != Tls::State::done) break;
      taken += step.bytes;
    }
    return taken;
  }
  for (;;) {
    const ssize_t n =
        ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return std::nullopt;
    return 0;
  }
}

Tls::Step Link::once(const TlsOperation& operation) {
  switch (operation.kind) {
    case TlsOperation::Kind::handshake:
      return tls_->handshake();
    case TlsOperation::Kind::read:
      if (operation.size == 0) return {Tls::State::done, 0};
      return tls_->read(operation.data, operation.size);
    case TlsOperation::Kind::write:
      if (operation.size == 0) return {Tls::State::done, 0};
      return tls_->write(operation.data, operation.size);
  }
  return {};
}

void Link::cancel() {
  ErrorCode ignored;
  socket_.cancel(ignored);
}

void Link::end_sending() {
  say_goodbye();
  ErrorCode ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void Link::close() {
  if (socket_.is_open()) say_goodbye();
  ErrorCode ignored;
  socket_.close(ignored);
}

}  // namespace paytick::ingest::server
