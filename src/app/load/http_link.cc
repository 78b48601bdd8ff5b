#include "app/load/http_link.h"

#include <utility>

namespace paytick::app::load {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

Result<Endpoint> resolve(asio::io_context& io, const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  const auto colon = url.rfind(':');
  if (!url.starts_with(kScheme) || colon < kScheme.size())
    return fail("connect", "'" + url + "' is not http://host:port");
  std::string host = url.substr(kScheme.size(), colon - kScheme.size());
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  error_code error;
  asio::ip::tcp::resolver resolver(io);
  const auto found = resolver.resolve(host, url.substr(colon + 1), error);
  if (error || found.empty()) return fail("connect", "'" + url + "' cannot be resolved: " + error.message());
  return Endpoint{url.substr(kScheme.size()), found.begin()->endpoint()};
}

void HttpLink::post(std::string body, Done done) {
  prepare(http::verb::post, path_, std::move(done));
  request_.set(http::field::content_type, "application/x-ndjson");
  send(std::move(body));
}

void HttpLink::ask(Order order, Done done) {
  prepare(order.method, order.target, std::move(done));
  if (order.method == http::verb::post) request_.set(http::field::content_type, "application/json");
  if (!order.key.empty()) request_.set("Idempotency-Key", order.key);
  if (!order.secret.empty()) request_.set("X-Billing-Secret", order.secret);
  send(std::move(order.body));
}

void HttpLink::prepare(http::verb method, const std::string& target, Done done) {
  done_ = std::move(done);
  request_ = {};
  request_.version(11);
  request_.method(method);
  request_.target(target);
  request_.set(http::field::host, to_.authority);
  if (!bearer_.empty()) request_.set(http::field::authorization, "Bearer " + bearer_);
}

void HttpLink::send(std::string body) {
  request_.body() = std::move(body);
  request_.prepare_payload();
  if (socket_.is_open()) return write();
  connect();
}

void HttpLink::connect() {
  used_ = false;
  buffer_.clear();
  socket_.async_connect(to_.address, [this](error_code error) {
    if (error) return finish(fail("connect", error.message(), Next::retry));
    socket_.set_option(asio::ip::tcp::no_delay(true), error);
    write();
  });
}

void HttpLink::write() {
  http::async_write(socket_, request_, [this](error_code error, std::size_t) {
    if (error) return failed(error);
    parser_.emplace();
    parser_->body_limit(boost::none);
    http::async_read(socket_, buffer_, *parser_, [this](error_code lost, std::size_t) {
      if (lost) return failed(lost);
      used_ = true;
      const bool keep = parser_->keep_alive();
      Answer answer{parser_->get().result_int(), std::move(parser_->get().body())};
      if (!keep) {
        error_code ignored;
        socket_.close(ignored);
      }
      finish(std::move(answer));
    });
  });
}

void HttpLink::failed(const error_code& error) {
  if (!used_) return finish(fail("lost", error.message(), Next::in_doubt));
  error_code ignored;
  socket_.close(ignored);
  connect();
}

void HttpLink::finish(Result<Answer> answer) {
  if (!answer) {
    error_code ignored;
    socket_.close(ignored);
  }
  std::exchange(done_, nullptr)(std::move(answer));
}

}  // namespace paytick::app::load
