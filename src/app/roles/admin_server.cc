#include "app/roles/admin_server.h"

#include <pthread.h>

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <thread>
#include <utility>

namespace paytick::app {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

constexpr std::chrono::seconds kTimeout{10};
constexpr std::size_t kHeaderBytesMax = 8 * 1024;
constexpr std::size_t kBodyBytesMax = 1024;

ingest::HttpResponse refusal(unsigned status, const char* code, const char* message) {
  ingest::HttpResponse response;
  response.status = status;
  response.body = std::string(R"({"error":{"code":")") + code + R"(","message":")" + message + "\"}}\n";
  return response;
}

ingest::HttpResponse answer(const ingest::HttpRoutes& routes, const http::request<http::string_body>& asked) {
  ingest::HttpRequest request;
  request.method = std::string(asked.method_string());
  const std::string target(asked.target());
  const auto mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string::npos) request.query = target.substr(mark + 1);
  auto match = routes.find(request.method, request.path);
  if (match.handler == nullptr) {
    return match.path_known ? refusal(405, "method_not_allowed", "Ask with GET.")
                            : refusal(404, "not_found", "There are /healthz, /readyz and /metrics.");
  }
  request.params = std::move(match.params);
  return (*match.handler)(request);
}

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, const ingest::HttpRoutes& routes)
      : stream_(std::move(socket)), routes_(routes) {
    parser_.header_limit(kHeaderBytesMax);
    parser_.body_limit(kBodyBytesMax);
  }
  void run() {
    stream_.expires_after(kTimeout);
    http::async_read(stream_, buffer_, parser_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) {
                       if (!error) self->respond();
                     });
  }

 private:
  void respond() {
    const auto told = answer(routes_, parser_.get());
    response_.version(parser_.get().version());
    response_.result(told.status);
    response_.set(http::field::content_type, told.content_type);
    response_.keep_alive(false);
    response_.body() = told.body;
    response_.prepare_payload();
    stream_.expires_after(kTimeout);
    http::async_write(stream_, response_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error) self->stream_.socket().shutdown(tcp::socket::shutdown_send, error);
    });
  }

  beast::tcp_stream stream_;
  const ingest::HttpRoutes& routes_;
  beast::flat_buffer buffer_;
  http::request_parser<http::string_body> parser_;
  http::response<http::string_body> response_;
};

}  // namespace

struct AdminServer::Impl {
  explicit Impl(ingest::HttpRoutes given) : routes(std::move(given)), acceptor(io) {}

  void accept() {
    acceptor.async_accept([this](beast::error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error) std::make_shared<Session>(std::move(socket), routes)->run();
      accept();
    });
  }

  const ingest::HttpRoutes routes;
  asio::io_context io{1};
  tcp::acceptor acceptor;
  std::thread thread;
};

AdminServer::AdminServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

AdminServer::~AdminServer() {
  impl_->io.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

Result<std::unique_ptr<AdminServer>> AdminServer::start(const Address& address, ingest::HttpRoutes routes) {
  auto impl = std::make_unique<Impl>(std::move(routes));
  beast::error_code error;
  const auto ip = asio::ip::make_address(address.host == "localhost" ? "127.0.0.1" : address.host, error);
  const tcp::endpoint endpoint(ip, address.port);
  if (!error) impl->acceptor.open(endpoint.protocol(), error);
  if (!error) impl->acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) impl->acceptor.bind(endpoint, error);
  if (!error) impl->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    return fail("cannot_listen",
                "Cannot listen on " + address.host + ":" + std::to_string(address.port) + ": " +
                    error.message() +
                    ". Name another port with --admin or admin.listen; port 0 picks a free one.",
                Next::fatal);
  impl->accept();
  const auto port = impl->acceptor.local_endpoint().port();
  impl->thread = std::thread([raw = impl.get()] {
    ::pthread_setname_np(::pthread_self(), "admin");
    raw->io.run();
  });
  std::unique_ptr<AdminServer> server(new AdminServer(std::move(impl)));
  server->url_ = url_of({address.host, port});
  return server;
}

}  // namespace paytick::app
