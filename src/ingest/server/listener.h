#pragma once
// Accepts connections and hands them to the lanes in turn. Lives on the first lane's loop.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ingest/server/lane.h"
#include "ingest/server/net.h"
#include "model/error.h"

namespace paytick::ingest::server {

class Listener {
 public:
  Listener(std::vector<Lane*> lanes, std::atomic<std::int64_t>& connections, std::int64_t connections_max);

  // Code "cannot_listen".
  Result<void> open(const std::string& address, std::uint16_t port);
  std::uint16_t port() const { return port_; }
  void start();
  void stop();  // from another thread than the loops'; nothing is accepted after it

 private:
  void accept();

  std::vector<Lane*> lanes_;
  std::atomic<std::int64_t>& connections_;
  std::int64_t connections_max_;
  Acceptor acceptor_;
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                             Executor>
      pause_;
  std::size_t next_ = 0;
  std::uint16_t port_ = 0;
};

}  // namespace paytick::ingest::server
