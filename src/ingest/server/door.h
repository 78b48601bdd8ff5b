#pragma once
// The way to a lane's thread for those who may outlive the lane: answers made elsewhere, sources of events.
// Any thread.

#include <boost/asio/post.hpp>
#include <mutex>
#include <utility>

#include "ingest/server/net.h"

namespace paytick::ingest::server {

class Door {
 public:
  explicit Door(asio::io_context& io) : io_(&io) {}

  // False, and nothing happens, when the lane is gone.
  template <typename Job>
  bool post(Job&& job) {
    const std::lock_guard lock(mutex_);
    if (io_ == nullptr) return false;
    asio::post(*io_, std::forward<Job>(job));
    return true;
  }
  void shut() {
    const std::lock_guard lock(mutex_);
    io_ = nullptr;
  }

 private:
  std::mutex mutex_;
  asio::io_context* io_;
};

}  // namespace paytick::ingest::server
