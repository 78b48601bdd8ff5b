#pragma once
// A platform's endpoint: takes POSTs on a loopback port, answers as it is told, and keeps what it got. A
// thread a connection.

#include <atomic>
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace paytick::push {

struct Received {
  std::string target, id, timestamp, signature, body;
};

class Receiver {
 public:
  // The status for the n-th request of this id, from 1.
  using Answer = std::function<unsigned(const Received&, int n)>;

  // With a certificate it speaks TLS.
  explicit Receiver(Answer answer, const std::string& certificate = {}, const std::string& key = {})
      : answer_(std::move(answer)),
        secure_(!certificate.empty()),
        acceptor_(io_, {boost::asio::ip::make_address("127.0.0.1"), 0}) {
    if (secure_) {
      tls_.use_certificate_chain_file(certificate);
      tls_.use_private_key_file(key, boost::asio::ssl::context::pem);
    }
    thread_ = std::thread([this] { accept(); });
  }
  ~Receiver() {
    stopping_ = true;
    boost::system::error_code ignored;
    boost::asio::ip::tcp::socket last(io_);  // ends the accept that waits
    last.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const auto& socket : sockets_)
        socket->shutdown(boost::asio::ip::tcp::socket::shutdown_both, ignored);
    }
    for (std::thread& thread : threads_) thread.join();
  }

  std::string url(const char* scheme = "http", const char* host = "127.0.0.1") const {
    return std::string(scheme) + "://" + host + ":" + std::to_string(acceptor_.local_endpoint().port()) +
           "/hook";
  }
  std::vector<Received> got() const {
    const std::lock_guard lock(mutex_);
    return got_;
  }
  // Times that each notice came.
  std::map<std::string, int> times() const {
    const std::lock_guard lock(mutex_);
    return times_;
  }
  int at_once_max() const { return at_once_max_; }

 private:
  void accept() {
    for (;;) {
      auto socket = std::make_shared<boost::asio::ip::tcp::socket>(io_);
      boost::system::error_code error;
      acceptor_.accept(*socket, error);
      if (error || stopping_) return;
      const std::lock_guard lock(mutex_);
      sockets_.push_back(socket);
      threads_.emplace_back([this, socket] {
        if (!secure_) return serve(*socket);
        boost::asio::ssl::stream<boost::asio::ip::tcp::socket&> stream(*socket, tls_);
        boost::system::error_code failed;
        stream.handshake(boost::asio::ssl::stream_base::server, failed);
        if (!failed) serve(stream);
      });
    }
  }

  template <typename Stream>
  void serve(Stream& stream) {
    namespace http = boost::beast::http;
    boost::beast::flat_buffer buffer;
    for (;;) {
      http::request<http::string_body> request;
      boost::system::error_code error;
      http::read(stream, buffer, request, error);
      if (error) return;
      const auto header = [&](const char* name) { return std::string(request[name]); };
      const Received received{std::string(request.target()), header("webhook-id"),
                              header("webhook-timestamp"), header("webhook-signature"), request.body()};
      int n = 0;
      {
        const std::lock_guard lock(mutex_);
        got_.push_back(received);
        n = ++times_[received.id];
        at_once_max_ = std::max(at_once_max_.load(), ++at_once_);
      }
      http::response<http::string_body> response;
      const unsigned status = answer_(received, n);
      --at_once_;
      response.result(status);
      if (status / 100 == 3) response.set(http::field::location, url() + "/elsewhere");
      response.prepare_payload();
      http::write(stream, response, error);
      if (error) return;
    }
  }

  Answer answer_;
  boost::asio::io_context io_;
  boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_server};
  const bool secure_;
  boost::asio::ip::tcp::acceptor acceptor_;
  mutable std::mutex mutex_;
  std::vector<Received> got_;
  std::map<std::string, int> times_;
  std::atomic<int> at_once_{0}, at_once_max_{0};
  std::vector<std::shared_ptr<boost::asio::ip::tcp::socket>> sockets_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace paytick::push
