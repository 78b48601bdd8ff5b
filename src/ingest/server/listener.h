#pragma once
// Accepts connections and hands them to the lanes in turn. Whoever is one too many is told so (over TLS, just
// closed) and not waited for. Lives on the first lane's loop.

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/server/lane.h"
#include "ingest/server/net.h"
#include "model/error.h"

namespace paytick::ingest::server {

class Listener {
 public:
  Listener(std::vector<Lane*> lanes, std::int64_t connections_max);

  // Code "cannot_listen".
  Result<void> open(const std::string& address, std::uint16_t port);
  std::uint16_t port() const { return port_; }
  void start();
  void stop();  // from another thread than the loops'; nothing is accepted after it

 private:
  void accept();
  void take(Lane* lane, Socket socket);
  void turn_away(Socket socket, std::string_view answer);
  void sweep();
  const LaneParts& parts() const { return lanes_.front()->parts(); }

  // Those who were refused, until they have read why.
  struct Leaving {
    std::chrono::steady_clock::time_point since;
    Socket socket;
  };

  std::vector<Lane*> lanes_;
  std::int64_t connections_max_;
  Acceptor acceptor_;
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                             Executor>
      pause_, sweep_;
  std::deque<Leaving> leaving_;
  std::size_t next_ = 0;
  std::uint16_t port_ = 0;
};

}  // namespace paytick::ingest::server
