// TLS with a certificate made here: HTTP, WebSockets and events over it, reloading, and those who do not come
// through with the handshake.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "gateway_fixture.h"
#include "raw_client.h"

namespace paytick::ingest::testing {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace ssl = asio::ssl;
using tcp = asio::ip::tcp;

// A key and a certificate for it, signed by itself.
void make_certificate(const std::filesystem::path& certificate, const std::filesystem::path& key,
                      int serial) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pair(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3'600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3'600);
  X509_set_pubkey(made.get(), pair.get());
  X509_NAME* const name = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"),
                             -1, -1, 0);
  X509_set_issuer_name(made.get(), name);
  ASSERT_GT(X509_sign(made.get(), pair.get(), EVP_sha256()), 0);
  const auto write = [](const std::filesystem::path& path, const auto& put) {
    FILE* const file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    EXPECT_EQ(put(file), 1);
    std::fclose(file);
  };
  write(certificate, [&](FILE* file) { return PEM_write_X509(file, made.get()); });
  write(key, [&](FILE* file) {
    return PEM_write_PrivateKey(file, pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

class TlsTest : public GatewayTest {
 protected:
  using Stream = beast::ssl_stream<tcp::socket>;

  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "paytick-tls-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    make_certificate(certificate(), key(), 1);
  }
  void TearDown() override {
    GatewayTest::TearDown();
    std::filesystem::remove_all(folder_);
  }
  std::filesystem::path certificate() const { return folder_ / "certificate.pem"; }
  std::filesystem::path key() const { return folder_ / "key.pem"; }
  GatewayConfig with_tls() const {
    auto config = this->config();
    config.tls_certificate = certificate().string();
    config.tls_key = key().string();
    return config;
  }

  std::unique_ptr<Stream> connect(int most = 0) {
    auto stream = std::make_unique<Stream>(io_, client_);
    if (most != 0) SSL_set_max_proto_version(stream->native_handle(), most);
    stream->next_layer().connect({asio::ip::make_address("127.0.0.1"), gateway_->port()});
    beast::error_code error;
    stream->handshake(ssl::stream_base::client, error);
    if (error) return nullptr;
    return stream;
  }
  static long serial(Stream& stream) {
    const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(stream.native_handle()),
                                                            X509_free);
    return ASN1_INTEGER_get(X509_get_serialNumber(shown.get()));
  }
  static beast::http::response<beast::http::string_body> ask(Stream& stream, const std::string& target,
                                                             const std::string& body = {}) {
    namespace http = beast::http;
    http::request<http::string_body> request(body.empty() ? http::verb::get : http::verb::post, target, 11);
    request.set(http::field::host, "localhost");
    request.body() = body;
    request.prepare_payload();
    http::write(stream, request);
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(64 * 1024 * 1024);
    http::read(stream, buffer, parser);
    return parser.release();
  }

  std::filesystem::path folder_;
  asio::io_context io_;
  ssl::context client_{ssl::context::tls_client};
};

TEST_F(TlsTest, RequestsAndLargeAnswersGoOverIt) {
  HttpRoutes routes;
  routes.add("GET", "/large", RunOn::pool, [](const HttpRequest&) {
    return HttpResponse{200, std::string(3'000'000, 'x')};
  });
  routes.add("POST", "/count", RunOn::loop, [](const HttpRequest& request) {
    return HttpResponse{200, std::to_string(request.body.size())};
  });
  start(with_tls(), std::move(routes));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto stream = connect(version);
    ASSERT_TRUE(stream);
    EXPECT_EQ(ask(*stream, "/api/content").result_int(), 200U);
    EXPECT_EQ(ask(*stream, "/large").body().size(), 3'000'000U);
    EXPECT_EQ(ask(*stream, "/count", std::string(60'000, 'y')).body(), "60000");
  }
  EXPECT_FALSE(connect(TLS1_1_VERSION));
  EXPECT_TRUE(eventually([&] { return gateway_->stats().connections == 0; }));
}

TEST_F(TlsTest, APlayerPlaysOverIt) {
  start();
  const std::string content = make_content();
  gateway_.reset();  // the catalogue stays in the log
  auto again = with_tls();
  again.boot = 2;
  start(again);
  fold();
  const Viewer viewer = make_viewer();
  auto stream = connect();
  ASSERT_TRUE(stream);
  beast::websocket::stream<Stream> socket(std::move(*stream));
  socket.handshake("localhost", "/ws");
  beast::flat_buffer buffer;
  for (int i = 0; i < 3; ++i) {
    socket.write(asio::buffer(ping(content, viewer.meter)));
    socket.read(buffer);
    const std::string answer = beast::buffers_to_string(buffer.data());
    EXPECT_NE(answer.find(R"("type":"tick")"), answer.npos) << answer;
    buffer.clear();
  }
  socket.write(asio::buffer(std::string(40'000, 'x')));  // one that Beast reads
  socket.read(buffer);
  EXPECT_NE(beast::buffers_to_string(buffer.data()).find("too_large"), std::string::npos);
  socket.close(beast::websocket::close_code::normal);
  EXPECT_TRUE(eventually([&] { return count<Stop>() == 1; }));
}

TEST_F(TlsTest, EventsGoOverIt) {
  std::shared_ptr<EventStream> events;
  HttpRoutes routes;
  routes.add_stream("GET", "/events", [&](const HttpRequest&, const std::shared_ptr<EventStream>& stream) {
    stream->send(render_event("hello", "{}"));
    stream->close("over");
  });
  start(with_tls(), std::move(routes));
  const auto stream = connect();
  ASSERT_TRUE(stream);
  asio::write(*stream, asio::buffer(std::string("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")));
  std::string all;
  beast::error_code end;
  asio::read(*stream, asio::dynamic_buffer(all), end);
  EXPECT_NE(all.find("event: hello\ndata: {}\n\nevent: close\n"), all.npos) << all;
  EXPECT_EQ(end, asio::error::eof);  // the end was said, not cut off
}

TEST_F(TlsTest, AReloadServesNewConnectionsAndLeavesTheOthers) {
  start(with_tls());
  const auto before = connect();
  ASSERT_TRUE(before);
  EXPECT_EQ(serial(*before), 1);
  make_certificate(certificate(), key(), 2);
  ASSERT_TRUE(gateway_->reload_certificate());
  const auto after = connect();
  ASSERT_TRUE(after);
  EXPECT_EQ(serial(*after), 2);
  EXPECT_EQ(ask(*before, "/api/content").result_int(), 200U);
  // A bad file, and a key of another certificate: what was good stays.
  std::filesystem::copy_file(key(), folder_ / "old-key.pem");
  make_certificate(folder_ / "other.pem", key(), 3);
  EXPECT_EQ(gateway_->reload_certificate().error().code, "bad_certificate");
  std::ofstream(certificate()) << "nonsense";
  EXPECT_EQ(gateway_->reload_certificate().error().code, "bad_certificate");
  const auto last = connect();
  ASSERT_TRUE(last);
  EXPECT_EQ(serial(*last), 2);
}

TEST_F(TlsTest, ItDoesNotStartWithoutAGoodCertificate) {
  auto bad = with_tls();
  bad.tls_key = (folder_ / "nothing.pem").string();
  const auto made = Gateway::create(bad, {log_, clock_, random_}, {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, "bad_certificate");
  EXPECT_NE(made.error().message.find("nothing.pem"), std::string::npos) << made.error().message;
}

TEST_F(TlsTest, HandshakesThatDoNotEndAreBounded) {
  auto quick = with_tls();
  quick.header_timeout_s = 1;
  quick.limits.handshakes = 4;
  start(quick);
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 20; ++i) {
    silent.push_back(std::make_unique<RawClient>(gateway_->port()));
    silent.back()->send("\x16\x03\x01");  // the beginning of a ClientHello
    EXPECT_TRUE(eventually([&] { return gateway_->stats().connections <= 4; }));
  }
  for (const auto& client : silent) client->read_all();  // all of them are closed in the end
  RawClient plain(gateway_->port());
  plain.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  plain.read_all();
  const auto good = connect();
  ASSERT_TRUE(good);
  EXPECT_EQ(ask(*good, "/api/content").result_int(), 200U);
}

TEST_F(TlsTest, ADrainEndsItInOrder) {
  start(with_tls());
  const auto stream = connect();
  ASSERT_TRUE(stream);
  EXPECT_EQ(ask(*stream, "/api/content").result_int(), 200U);
  EXPECT_TRUE(gateway_->drain(std::chrono::seconds(10)));
  std::string rest;
  beast::error_code end;
  asio::read(*stream, asio::dynamic_buffer(rest), end);
  EXPECT_EQ(end, asio::error::eof);
}

}  // namespace
}  // namespace paytick::ingest::testing
