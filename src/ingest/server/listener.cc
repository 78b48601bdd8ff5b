#include "ingest/server/listener.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

namespace paytick::ingest::server {
namespace {

// When the process has no file descriptors left, or too many connections: look again a little later.
constexpr std::chrono::milliseconds kPause{50};

}  // namespace

Listener::Listener(std::vector<Lane*> lanes, std::atomic<std::int64_t>& connections,
                   std::int64_t connections_max)
    : lanes_(std::move(lanes)),
      connections_(connections),
      connections_max_(connections_max),
      acceptor_(lanes_.front()->io().get_executor()),
      pause_(lanes_.front()->io().get_executor()) {}

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
  });
}

void Listener::accept() {
  if (!acceptor_.is_open()) return;
  if (connections_ >= connections_max_) {
    pause_.expires_after(kPause);
    pause_.async_wait([this](ErrorCode error) {
      if (!error) accept();
    });
    return;
  }
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
    if (lane == lanes_.front()) {
      lane->accept(std::move(socket));
    } else {
      asio::post(lane->io(),
                 [lane, socket = std::move(socket)]() mutable { lane->accept(std::move(socket)); });
    }
    accept();
  });
}

}  // namespace paytick::ingest::server
