#include "raw_client.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <optional>

namespace paytick::ingest::testing {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using namespace std::chrono_literals;

}  // namespace

struct RawClient::Impl {
  asio::io_context io;
  tcp::socket socket{io};
  std::string received;
  bool ended = false;

  // Takes in what comes next; false when nothing will.
  bool more(std::chrono::steady_clock::time_point deadline) {
    std::array<char, 4096> piece;
    std::optional<boost::system::error_code> result;
    std::size_t n = 0;
    socket.async_read_some(asio::buffer(piece), [&](boost::system::error_code error, std::size_t size) {
      result = error;
      n = size;
    });
    io.restart();
    io.run_until(deadline);
    if (!result) {
      ADD_FAILURE() << "the server did nothing for ten seconds";
      socket.cancel();
      io.restart();
      io.run();
      return false;
    }
    received.append(piece.data(), n);
    ended = static_cast<bool>(*result);
    return !ended;
  }
};

RawClient::RawClient(std::uint16_t port) : impl_(std::make_unique<Impl>()) {
  impl_->socket.connect({asio::ip::make_address("127.0.0.1"), port});
}

RawClient::~RawClient() = default;

void RawClient::send(std::string_view bytes) {
  boost::system::error_code ignored;
  asio::write(impl_->socket, asio::buffer(bytes.data(), bytes.size()), ignored);
}

void RawClient::end_sending() {
  boost::system::error_code ignored;
  impl_->socket.shutdown(tcp::socket::shutdown_send, ignored);
}

std::string RawClient::read_until(std::string_view mark) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  std::size_t at = 0;
  while ((at = impl_->received.find(mark)) == std::string::npos) {
    if (impl_->ended || !impl_->more(deadline)) {
      ADD_FAILURE() << "the connection ended before what was expected";
      return std::exchange(impl_->received, {});
    }
  }
  std::string out = impl_->received.substr(0, at + mark.size());
  impl_->received.erase(0, out.size());
  return out;
}

std::string RawClient::read_all() {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!impl_->ended && impl_->more(deadline)) {
  }
  return std::exchange(impl_->received, {});
}

std::string handshake(bool whole) {
  return "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         std::string(whole ? "\r\n" : "");
}

std::string client_frame(Opcode opcode, std::string_view payload) {
  std::string frame{static_cast<char>(0x80 | static_cast<int>(opcode))};
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80 | payload.size());
  } else {
    frame += {static_cast<char>(0x80 | 126), static_cast<char>(payload.size() >> 8),
              static_cast<char>(payload.size() & 0xff)};
  }
  return frame.append(4, '\0').append(payload);
}

}  // namespace paytick::ingest::testing
