#include "ingest/server/wire.h"

#include <sys/socket.h>

#include <cerrno>

namespace paytick::ingest::server {

void Wire::write(std::string_view bytes) {
  if (broken_) return;
  if (unsent_.empty()) bytes.remove_prefix(send(bytes));
  if (bytes.empty() || broken_) return;
  if (unsent_.size() + bytes.size() > kUnsentBytesMax) return cut();
  unsent_ += bytes;
  flush_when_writable();
}

std::size_t Wire::send(std::string_view bytes) {
  for (;;) {
    const ssize_t n =
        ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) cut();
    return 0;
  }
}

void Wire::flush_when_writable() {
  if (flushing_) return;
  auto owner = owner_.lock();
  if (!owner) return;
  flushing_ = true;
  socket_.async_wait(Socket::wait_write, [this, owner = std::move(owner)](ErrorCode error) {
    flushing_ = false;
    if (error || broken_) return;
    unsent_.erase(0, send(unsent_));
    if (broken_) return;
    if (!unsent_.empty()) return flush_when_writable();
    unsent_ = {};  // gives the memory back, too
  });
}

// The reader finds the end of the stream, and ends the connection.
void Wire::cut() {
  broken_ = true;
  unsent_ = {};
  ErrorCode ignored;
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
}

std::optional<std::size_t> Wire::read(char* to, std::size_t size) {
  for (;;) {
    const ssize_t n = ::recv(socket_.native_handle(), to, size, MSG_DONTWAIT);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return std::nullopt;
    return 0;
  }
}

void Wire::close() {
  broken_ = true;
  ErrorCode ignored;
  socket_.close(ignored);
}

}  // namespace paytick::ingest::server
