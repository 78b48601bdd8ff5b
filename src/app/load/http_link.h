#pragma once
// A kept-alive connection that sends one request at a time. Connects when it must. A server may close a
// connection that was idle just when a request comes: on a used connection a lost request is sent once more,
// on a new one, which is free because ticks are a set and payments have their keys. One thread: the loop's.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <functional>
#include <optional>
#include <string>

#include "model/error.h"

namespace paytick::app::load {

struct Endpoint {
  std::string authority;  // host:port
  boost::asio::ip::tcp::endpoint address;
};

// "http://host:port". Code "connect".
Result<Endpoint> resolve(boost::asio::io_context& io, const std::string& url);

class HttpLink {
 public:
  struct Answer {
    unsigned status = 0;
    std::string body;
  };
  using Done = std::function<void(Result<Answer>)>;
  struct Order {
    boost::beast::http::verb method = boost::beast::http::verb::get;
    std::string target;       // the path with its query
    std::string body;         // JSON
    std::string key;          // Idempotency-Key, or none
    std::string secret = {};  // X-Billing-Secret, or none
  };

  HttpLink(boost::asio::io_context& io, Endpoint to, std::string path, std::string bearer)
      : socket_(io), to_(std::move(to)), path_(std::move(path)), bearer_(std::move(bearer)) {}

  // `bearer` empty: without Authorization. One request at a time. `done` is called on the loop; code
  // "connect" or "lost".
  void post(std::string body, Done done);  // lines, to the path
  void ask(Order order, Done done);
  // The body of the request that was answered, to be filled again: saves its memory's coming and going.
  std::string take_body() { return std::move(request_.body()); }

 private:
  void prepare(boost::beast::http::verb method, const std::string& target, Done done);
  void send(std::string body);
  void connect();
  void write();
  void failed(const boost::system::error_code& error);
  void finish(Result<Answer> answer);

  boost::asio::ip::tcp::socket socket_;
  Endpoint to_;
  std::string path_, bearer_;
  boost::beast::flat_buffer buffer_;
  boost::beast::http::request<boost::beast::http::string_body> request_;
  std::optional<boost::beast::http::response_parser<boost::beast::http::string_body>> parser_;
  Done done_;
  bool used_ = false;  // the connection has carried an answer
};

}  // namespace paytick::app::load
