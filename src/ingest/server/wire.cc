#include "ingest/server/wire.h"

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
  const auto taken = link_.write(bytes);
  if (!taken) cut();
  return taken.value_or(0);
}

void Wire::flush_when_writable() {
  if (flushing_) return;
  auto owner = owner_.lock();
  if (!owner) return;
  flushing_ = true;
  link_.async_wait_writable([this, owner = std::move(owner)](ErrorCode error) {
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
  link_.socket().shutdown(tcp::socket::shutdown_both, ignored);
}

void Wire::close() {
  broken_ = true;
  link_.close();
}

}  // namespace paytick::ingest::server
