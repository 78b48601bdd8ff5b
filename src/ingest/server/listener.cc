#include "ingest/server/listener.h"

#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

namespace paytick::ingest::server {
namespace {

// When the process has no file descriptors left, or too many connections: look again a little later.
constexpr std::chrono::milliseconds kPause{50};
// Refused connections are kept so long, and so many of them, for their clients to read the answer.
constexpr std::chrono::milliseconds kLeave{500};
constexpr std::size_t kLeavingMax = 256;

constexpr std::string_view kFull =
    "HTTP/1.1 503 Service Unavailable\r\nServer: paytick\r\nContent-Type: application/json\r\n"
    "Retry-After: 5\r\nConnection: close\r\nContent-Length: 82\r\n\r\n"
    R"({"error":{"code":"try_again","message":"The gateway has all the clients it can."}})";
constexpr std::string_view kTooMany =
    "HTTP/1.1 429 Too Many Requests\r\nServer: paytick\r\nContent-Type: application/json\r\n"
    "Retry-After: 1\r\nConnection: close\r\nContent-Length: 87\r\n\r\n"
    R"({"error":{"code":"rate_limited","message":"Too much comes from this address at once."}})";

}  // namespace

Listener::Listener(std::vector<Lane*> lanes, std::int64_t connections_max)
    : lanes_(std::move(lanes)),
      connections_max_(connections_max),
      acceptor_(lanes_.front()->io().get_executor()),
      pause_(lanes_.front()->io().get_executor()),
      sweep_(lanes_.front()->io().get_executor()) {}

Result<void> Listener::open(const std::string& address, std::uint16_t port) {
  ErrorCode error;
  const auto ip = asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, error);
  const tcp::endpoint endpoint(ip, port);
  if (!error) acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    std::string words =
        "Cannot listen on " + address + ":" + std::to_string(port) + ": " + error.message() + ".";
    if (error == asio::error::address_in_use)
      words += " Name another port with --listen or gateway.listen; port 0 picks a free one.";
    return fail("cannot_listen", std::move(words), Next::fatal);
  }
  port_ = acceptor_.local_endpoint().port();
  return {};
}

void Listener::start() {
  asio::post(lanes_.front()->io(), [this] { accept(); });
}

void Listener::stop() {
  lanes_.front()->call([this] {
    ErrorCode ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    sweep_.cancel();
    leaving_.clear();
  });
}

void Listener::accept() {
  if (!acceptor_.is_open()) return;
  Lane* const lane = lanes_[next_++ % lanes_.size()];
  acceptor_.async_accept(lane->io().get_executor(), [this, lane](ErrorCode error, Socket socket) {
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
    if (error) {
      pause_.expires_after(kPause);
      pause_.async_wait([this](ErrorCode cancelled) {
        if (!cancelled) accept();
      });
      return;
    }
    take(lane, std::move(socket));
    accept();
  });
}

void Listener::take(Lane* lane, Socket socket) {
  ErrorCode gone;
  const Address from = socket.remote_endpoint(gone).address();
  if (gone) return;
  if (parts().connections >= connections_max_) return turn_away(std::move(socket), kFull);
  auto visit = parts().visitors.arrive(from, lane->now());
  if (!visit) return turn_away(std::move(socket), kTooMany);
  if (lane == lanes_.front()) return lane->accept(std::move(socket), from, std::move(*visit));
  asio::post(lane->io(), [lane, from, socket = std::move(socket), visit = std::move(*visit)]() mutable {
    lane->accept(std::move(socket), from, std::move(visit));
  });
}

void Listener::turn_away(Socket socket, std::string_view answer) {
  if (parts().certificate != nullptr) return;
  ::send(socket.native_handle(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ErrorCode ignored;
  socket.shutdown(tcp::socket::shutdown_send, ignored);
  if (leaving_.empty()) sweep();
  leaving_.push_back({std::chrono::steady_clock::now(), std::move(socket)});
  if (leaving_.size() > kLeavingMax) leaving_.pop_front();
}

void Listener::sweep() {
  sweep_.expires_after(kLeave);
  sweep_.async_wait([this](ErrorCode error) {
    if (error) return;
    const auto before = std::chrono::steady_clock::now() - kLeave;
    while (!leaving_.empty() && leaving_.front().since <= before) leaving_.pop_front();
    if (!leaving_.empty()) sweep();
  });
}

}  // namespace paytick::ingest::server
