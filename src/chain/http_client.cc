#include "chain/http_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <optional>
#include <variant>

namespace paytick::chain {

namespace beast = boost::beast;
namespace http = beast::http;
namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Plain = beast::tcp_stream;
using Tls = beast::ssl_stream<beast::tcp_stream>;
using SteadyClock = std::chrono::steady_clock;

namespace {

// An idle connection may have been closed by the other side without our knowing; a request on it would then
// be lost in doubt for nothing. After this long we connect anew.
constexpr std::chrono::milliseconds kReuseWithin{2'000};

struct Url {
  bool tls = false;
  std::string host, port, path;
};

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  if (text.starts_with("https://")) {
    url.tls = true;
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    text.remove_prefix(7);
  } else {
    return std::nullopt;
  }
  const std::size_t slash = std::min(text.find('/'), text.size());
  url.path = slash == text.size() ? "/" : std::string(text.substr(slash));
  std::string_view authority = text.substr(0, slash);
  const std::size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  url.host = std::string(has_port ? authority.substr(0, colon) : authority);
  url.port = has_port ? std::string(authority.substr(colon + 1)) : (url.tls ? "443" : "80");
  if (url.host.size() > 2 && url.host.front() == '[') url.host = url.host.substr(1, url.host.size() - 2);
  if (url.host.empty() || url.port.empty() || url.path.find_first_of(" \r\n") != std::string::npos)
    return std::nullopt;
  return url;
}

}  // namespace

struct HttpClient::Impl {
  Url url;
  HttpOptions options;
  asio::io_context io;
  asio::ssl::context tls{asio::ssl::context::tls_client};
  std::variant<std::monostate, Plain, Tls> stream;
  beast::flat_buffer buffer;
  SteadyClock::time_point used;

  // Starts an asynchronous operation and runs it to its end; the stream's own timer bounds it.
  template <typename Start>
  beast::error_code run(Start&& start) {
    beast::error_code result = asio::error::would_block;
    start([&result](beast::error_code ec, auto&&...) { result = ec; });
    io.restart();
    io.run();
    return result;
  }

  Plain& tcp_layer() {
    if (auto* secure = std::get_if<Tls>(&stream)) return beast::get_lowest_layer(*secure);
    return std::get<Plain>(stream);
  }

  void close() {
    if (stream.index() == 0) return;
    beast::error_code ignored;
    tcp_layer().socket().close(ignored);
    stream.emplace<std::monostate>();
    buffer.clear();
  }

  beast::error_code connect(SteadyClock::time_point deadline) {
    close();
    beast::error_code ec;
    tcp::resolver resolver(io);
    std::vector<tcp::endpoint> endpoints;
    for (const auto& found : resolver.resolve(url.host, url.port, ec))
      if (!options.may_connect || options.may_connect(found.endpoint().address().to_string()))
        endpoints.push_back(found.endpoint());
    if (ec) return ec;
    if (endpoints.empty()) return asio::error::access_denied;
    if (url.tls) {
      auto& secure = stream.emplace<Tls>(io, tls);
      if (SSL_set_tlsext_host_name(secure.native_handle(), url.host.c_str()) != 1)
        return asio::error::no_protocol_option;
      secure.set_verify_callback(asio::ssl::host_name_verification(url.host));
    } else {
      stream.emplace<Plain>(io);
    }
    tcp_layer().expires_at(deadline);
    ec = run([&](auto done) { tcp_layer().async_connect(endpoints, std::move(done)); });
    if (ec) return ec;
    tcp_layer().socket().set_option(tcp::no_delay(true), ec);
    if (auto* secure = std::get_if<Tls>(&stream))
      ec = run([&](auto done) { secure->async_handshake(asio::ssl::stream_base::client, std::move(done)); });
    return ec;
  }

  template <typename Stream>
  Result<HttpAnswer> exchange_on(Stream& s, const http::request<http::string_body>& request) {
    const auto lost = [this](const beast::error_code& ec) {
      close();
      const bool large = ec == http::error::body_limit;
      return fail(large ? "http_too_large" : "http_lost",
                  "No whole answer came from " + url.host + ": " + ec.message() + ".", Next::in_doubt);
    };
    beast::error_code ec = run([&](auto done) { http::async_write(s, request, std::move(done)); });
    if (ec) return lost(ec);
    http::response_parser<http::string_body> parser;
    parser.body_limit(options.answer_bytes_max);
    ec = run([&](auto done) { http::async_read(s, buffer, parser, std::move(done)); });
    if (ec) return lost(ec);
    HttpAnswer answer{parser.get().result_int(), std::move(parser.get().body())};
    used = SteadyClock::now();
    if (!parser.get().keep_alive()) close();
    return answer;
  }

  Result<HttpAnswer> exchange(const http::request<http::string_body>& request) {
    const auto now = SteadyClock::now();
    const auto deadline = now + options.timeout;
    if (stream.index() == 0 || now - used > kReuseWithin) {
      if (const beast::error_code ec = connect(deadline)) {
        close();
        if (ec == asio::error::access_denied)
          return fail("http_not_allowed", url.host + " is at no address that may be connected to.");
        return fail("http_unreachable",
                    "Cannot reach " + url.host + ":" + url.port + ": " + ec.message() + ".", Next::retry);
      }
    }
    tcp_layer().expires_at(deadline);
    if (auto* secure = std::get_if<Tls>(&stream)) return exchange_on(*secure, request);
    return exchange_on(std::get<Plain>(stream), request);
  }

  http::request<http::string_body> request(http::verb verb, std::string_view target) const {
    http::request<http::string_body> out{verb, beast::string_view(target.data(), target.size()), 11};
    const bool standard = url.port == (url.tls ? "443" : "80");
    out.set(http::field::host, standard ? url.host : url.host + ":" + url.port);
    out.set(http::field::user_agent, options.user_agent);
    if (!options.bearer.empty()) out.set(http::field::authorization, "Bearer " + options.bearer);
    return out;
  }
};

Result<HttpClient> HttpClient::create(std::string_view url, HttpOptions options) {
  auto parsed = parse_url(url);
  if (!parsed) return fail("bad_url", "Give a URL such as https://host/path or http://127.0.0.1:8000.");
  auto impl = std::make_unique<Impl>();
  impl->url = std::move(*parsed);
  impl->options = std::move(options);
  if (impl->url.tls) {
    beast::error_code ec;
    impl->tls.set_default_verify_paths(ec);
    impl->tls.set_verify_mode(asio::ssl::verify_peer);
  }
  return HttpClient(std::move(impl));
}

HttpClient::HttpClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

std::string_view HttpClient::path() const { return impl_->url.path; }

Result<HttpAnswer> HttpClient::post(std::string_view body, const HttpHeaders& headers) {
  auto request = impl_->request(http::verb::post, impl_->url.path);
  request.set(http::field::content_type, "application/json");
  for (const auto& [name, value] : headers) request.set(name, value);
  request.body() = std::string(body);
  request.prepare_payload();
  return impl_->exchange(request);
}

Result<HttpAnswer> HttpClient::get(std::string_view target) {
  return impl_->exchange(impl_->request(http::verb::get, target));
}

Result<HttpAnswer> HttpClient::remove(std::string_view target) {
  return impl_->exchange(impl_->request(http::verb::delete_, target));
}

}  // namespace paytick::chain
