#pragma once
// A viewer's WebSocket: sends what it is given, one message at a time, and hands on what comes. One thread:
// the loop's.

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "app/load/http_link.h"

namespace paytick::app::load {

class Screen {
 public:
  struct Events {
    std::function<void()> opened;
    std::function<void(std::string_view)> message;
    std::function<void(const std::string&)> broken;  // once, with why
  };
  // `target`: of the gateway's socket, with its query.
  Screen(boost::asio::io_context& io, std::string target, Events events)
      : ws_(Socket(io.get_executor())), target_(std::move(target)), events_(std::move(events)) {}

  void connect(const Endpoint& to);
  void send(std::string text);
  void close();  // as a closed tab does: without a word
  bool is_open() const { return open_; }

 private:
  using Socket =
      boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
  void read();
  void write();
  void broke(const boost::system::error_code& error);

  boost::beast::websocket::stream<Socket, false> ws_;
  const std::string target_;
  const Events events_;
  boost::beast::flat_buffer in_;
  std::deque<std::string> out_;
  bool open_ = false, closed_ = false;
};

}  // namespace paytick::app::load
