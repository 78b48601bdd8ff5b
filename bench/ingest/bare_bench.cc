// What gateway_bench is held against: a WebSocket server of Boost.Beast as its examples have it, which
// answers each ping at once with a line of the length of a gateway's and does nothing else. Machines differ
// by a factor of two in what a message through a socket costs; the ratio of the two servers is what paytick
// adds.
//
//   build/release/bare_bench [viewers=10000]      then `paytick load …` as it says, with --flat-out

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/load/fleet.h"
#include "app/metrics/page.h"
#include "app/metrics/process.h"

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;
using namespace paytick;

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(tcp::socket socket) : ws_(std::move(socket)) {}

  void start() {
    http::async_read(ws_.next_layer(), buffer_, request_,
                     [self = shared_from_this()](error_code error, std::size_t) {
                       if (!error) self->requested();
                     });
  }

 private:
  void requested() {
    if (!websocket::is_upgrade(request_)) return metrics();
    ws_.async_accept(request_, [self = shared_from_this()](error_code error) {
      if (error) return;
      ++connections;
      self->ws_.text(true);
      self->read();
    });
  }
  void read() {
    ws_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) {
      if (error) return;
      self->answer();
    });
  }
  void answer() {
    const auto data = buffer_.data();
    const std::string_view text(static_cast<const char*>(data.data()), data.size());
    const std::size_t seq = std::min(text.find("\"seq\":"), text.size());
    out_.assign(kAnswer).append(text.substr(seq));
    buffer_.consume(buffer_.size());
    ws_.async_write(asio::buffer(out_), [self = shared_from_this()](error_code error, std::size_t) {
      if (!error) self->read();
    });
  }
  void metrics() {
    app::metrics::Page page;
    app::metrics::collect_process(page, "ingest");
    page.set("paytick_gateway_connections", static_cast<double>(connections));
    response_.set(http::field::content_type, app::metrics::Page::kContentType);
    response_.body() = page.text();
    response_.prepare_payload();
    http::async_write(ws_.next_layer(), response_,
                      [self = shared_from_this()](error_code, std::size_t) { self->close(); });
  }
  void close() {
    error_code ignored;
    ws_.next_layer().shutdown(tcp::socket::shutdown_both, ignored);
  }

  // Of the length of a gateway's answer.
  static constexpr std::string_view kAnswer =
      R"({"type":"tick","sessionId":"AAAAAAAAAAAAAAAAAAAAAA","newBalance":"99.9998800","paidUntil":1790000010000,)";
  static inline std::size_t connections = 0;

  websocket::stream<tcp::socket> ws_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
  std::string out_;
};

void accept(tcp::acceptor& acceptor) {
  acceptor.async_accept([&acceptor](error_code error, tcp::socket socket) {
    if (!error) {
      socket.set_option(tcp::no_delay(true), error);
      std::make_shared<Session>(std::move(socket))->start();
    }
    accept(acceptor);
  });
}

}  // namespace

int main(int count, char** words) try {
  const auto viewers = static_cast<std::uint32_t>(count > 1 ? std::atol(words[1]) : 10'000);
  asio::io_context io(1);
  tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  accept(acceptor);

  std::vector<MeterId> meters(viewers);
  for (std::uint32_t i = 0; i < viewers; ++i) meters[i].bytes = app::load::load_viewer(i).bytes;
  const auto port = acceptor.local_endpoint().port();
  const std::string file =
      fmt::format("{}/paytick-bare-{}.meters", std::filesystem::temp_directory_path().string(), port);
  std::ofstream(file) << app::load::write_meters(meters, ContractId{});
  std::cout << fmt::format(
                   "paytick load --listen http://127.0.0.1:{} --meters {} --content {} --viewers {}\n", port,
                   file, to_text(ContentId{}), viewers)
            << std::flush;
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](error_code, int) { io.stop(); });
  io.run();
  std::remove(file.c_str());
  return 0;
} catch (const std::exception& error) {
  std::cerr << "bare_bench: " << error.what() << "\n";
  return 1;
}
