#include "gateway_fixture.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <cstring>
#include <mutex>

#include "model/partition.h"

namespace paytick::ingest::testing {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using tcp = asio::ip::tcp;
using namespace std::chrono_literals;

tcp::endpoint local(std::uint16_t port) { return {asio::ip::make_address("127.0.0.1"), port}; }

}  // namespace

TimeMs TestClock::now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return TimeMs{std::chrono::duration_cast<std::chrono::milliseconds>(since).count() + offset_ms_};
}

void TestRandom::fill(std::span<std::uint8_t> out) {
  // Distinct is enough here; a fixed multiplier spreads the bits.
  for (std::size_t i = 0; i < out.size(); i += 8) {
    const std::uint64_t value = (next_++) * 0x9E3779B97F4A7C15ULL;
    std::memcpy(out.data() + i, &value, std::min<std::size_t>(8, out.size() - i));
  }
}

FoldRunner::FoldRunner(log::EventLog& log, std::function<void(std::span<const Reply>)> deliver,
                       std::function<void(std::span<const Outcome>)> answer)
    : log_(log), deliver_(std::move(deliver)), answer_(std::move(answer)) {
  for (std::uint32_t p = 0; p < log.partitions(); ++p) {
    folds_.emplace_back(aggregator::FoldConfig{PartitionId{p}, log.partitions()});
  }
  thread_ = std::thread([this] { run(); });
}

FoldRunner::~FoldRunner() {
  stop_ = true;
  thread_.join();
}

void FoldRunner::run() {
  std::vector<Offset> next(folds_.size(), Offset{0});
  aggregator::FoldOutput out;
  while (!stop_) {
    bool moved = false;
    for (std::uint32_t p = 0; p < folds_.size(); ++p) {
      auto records = log_.read({log::Topic::heartbeats, PartitionId{p}}, next[p], 1'000'000);
      if (!records) continue;
      for (log::Record& record : *records) {
        moved = true;
        next[p] = Offset{static_cast<std::int64_t>(record.offset) + 1};
        out.clear();
        {
          const std::lock_guard lock(mutex_);
          folds_[p].apply(record.offset, record.append_time, record.value, out);
        }
        deliver_(out.replies);
        if (answer_ && !out.outcomes.empty()) answer_(out.outcomes);
      }
    }
    if (!moved) std::this_thread::sleep_for(200us);
  }
}

std::vector<aggregator::SessionView> FoldRunner::sessions() {
  const std::lock_guard lock(mutex_);
  std::vector<aggregator::SessionView> all;
  for (const auto& fold : folds_) {
    for (auto& session : fold.sessions()) all.push_back(session);
  }
  return all;
}

std::vector<aggregator::AttachmentView> FoldRunner::attachments() {
  const std::lock_guard lock(mutex_);
  std::vector<aggregator::AttachmentView> all;
  for (const auto& fold : folds_) {
    for (auto& attachment : fold.attachments()) all.push_back(attachment);
  }
  return all;
}

std::uint64_t FoldRunner::rejected() {
  const std::lock_guard lock(mutex_);
  std::uint64_t n = 0;
  for (const auto& fold : folds_) n += fold.counters().rejected;
  return n;
}

std::string Answer::header(const std::string& name) const {
  for (const auto& [key, value] : headers) {
    if (beast::iequals(key, name)) return value;
  }
  return {};
}

struct WsClient::Impl {
  asio::io_context io;
  websocket::stream<beast::tcp_stream> ws{io};

  // Runs one operation to its end or its deadline.
  beast::error_code wait(std::optional<beast::error_code>& result) {
    io.restart();
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!result && std::chrono::steady_clock::now() < deadline) io.run_one_for(100ms);
    if (result) return *result;
    ADD_FAILURE() << "the socket did not answer within ten seconds";
    beast::get_lowest_layer(ws).cancel();
    while (!result) io.run_one_for(100ms);
    return asio::error::timed_out;
  }
};

WsClient::WsClient(std::uint16_t port, const std::string& path,
                   const std::vector<std::pair<std::string, std::string>>& headers)
    : impl_(std::make_unique<Impl>()) {
  beast::get_lowest_layer(impl_->ws).connect(local(port));
  impl_->ws.set_option(websocket::stream_base::decorator([headers](websocket::request_type& request) {
    for (const auto& [name, value] : headers) request.set(name, value);
  }));
  impl_->ws.handshake("localhost:" + std::to_string(port), path);
}

WsClient::~WsClient() = default;

void WsClient::send(const std::string& text) {
  impl_->ws.text(true);
  beast::error_code refused;  // the server may close before it has read all; the next read says so
  impl_->ws.write(asio::buffer(text), refused);
}

void WsClient::send_binary(const std::string& bytes) {
  impl_->ws.binary(true);
  impl_->ws.write(asio::buffer(bytes));
}

std::string WsClient::read() {
  beast::flat_buffer buffer;
  std::optional<beast::error_code> result;
  impl_->ws.async_read(buffer, [&](beast::error_code error, std::size_t) { result = error; });
  if (impl_->wait(result)) return {};
  return beast::buffers_to_string(buffer.data());
}

void WsClient::close() {
  beast::error_code ignored;
  impl_->ws.close(websocket::close_code::normal, ignored);
}

void WsClient::cut() { beast::get_lowest_layer(impl_->ws).close(); }

unsigned WsClient::close_code() const { return impl_->ws.reason().code; }

std::string raw_exchange(std::uint16_t port, const std::string& bytes, bool half_close) {
  asio::io_context io;
  tcp::socket socket(io);
  socket.connect(local(port));
  beast::error_code ignored;
  asio::write(socket, asio::buffer(bytes), ignored);
  if (half_close) socket.shutdown(tcp::socket::shutdown_send, ignored);
  std::string out;
  std::optional<beast::error_code> result;
  asio::async_read(socket, asio::dynamic_buffer(out),
                   [&](beast::error_code error, std::size_t) { result = error; });
  io.run_for(10s);
  EXPECT_TRUE(result.has_value()) << "the server kept the connection open";
  return out;
}

bool eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (std::chrono::steady_clock::now() < deadline) {
    if (holds()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return holds();
}

GatewayConfig GatewayTest::config() const {
  GatewayConfig config;
  config.port = 0;
  config.development = true;
  config.network_passphrase = "Standalone Network";
  config.gateway.bytes.fill(7);
  config.boot = 1;
  config.resume_key.fill(3);
  ConfiguredKey key{{}, hash_api_key(kApiKey), Scopes{}.with(Scope::ingest).with(Scope::catalogue)};
  key.platform.bytes.fill(5);
  config.keys = {key};
  return config;
}

void GatewayTest::start(GatewayConfig config, HttpRoutes routes) {
  auto created = Gateway::create(std::move(config), {log_, clock_, random_}, std::move(routes));
  ASSERT_TRUE(created) << created.error().message;
  gateway_ = std::move(*created);
  const auto started = gateway_->start();
  ASSERT_TRUE(started) << started.error().message;
}

void GatewayTest::fold() {
  folds_ = std::make_unique<FoldRunner>(
      log_, [this](std::span<const Reply> replies) { gateway_->deliver(replies); },
      [this](std::span<const Outcome> outcomes) { gateway_->answer(outcomes); });
}

void GatewayTest::TearDown() {
  folds_.reset();
  gateway_.reset();
}

Answer GatewayTest::http(const std::string& method, const std::string& target, const std::string& body,
                         const std::vector<std::pair<std::string, std::string>>& headers) {
  namespace http = beast::http;
  asio::io_context io;
  beast::tcp_stream stream(io);
  stream.connect(local(gateway_->port()));
  http::request<http::string_body> request(http::string_to_verb(method), target, 11);
  request.set(http::field::host, "localhost:" + std::to_string(gateway_->port()));
  for (const auto& [name, value] : headers) request.set(name, value);
  request.body() = body;
  request.prepare_payload();
  http::write(stream, request);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(64 * 1024 * 1024);
  beast::error_code error;
  http::read(stream, buffer, parser, error);
  EXPECT_FALSE(error) << error.message();
  Answer answer{parser.get().result_int(), parser.get().body(), {}};
  for (const auto& field : parser.get()) answer.headers.emplace_back(field.name_string(), field.value());
  return answer;
}

Answer GatewayTest::post(const std::string& target, const std::string& body) {
  return http("POST", target, body, {{"Authorization", "Bearer " + std::string(kApiKey)}});
}

std::string GatewayTest::make_content(std::int64_t tick_ms, std::int64_t price) {
  AccountId creator;
  creator.bytes.fill(9);
  const Answer answer = post("/api/content", R"({"title":"A film","creatorWallet":")" + to_text(creator) +
                                                 R"(","plan":{"tickMs":)" + std::to_string(tick_ms) +
                                                 R"(,"pricePerTick":)" + std::to_string(price) + "}}");
  EXPECT_EQ(answer.status, 201U) << answer.body;
  const auto at = answer.body.find(R"("id":")");
  return answer.body.substr(at + 6, kShortIdText);
}

GatewayTest::Viewer GatewayTest::make_viewer(std::int64_t deposited) {
  Viewer viewer;
  viewer.id.bytes.fill(next_viewer_);
  viewer.meter.bytes.fill(static_cast<std::uint8_t>(next_viewer_ + 100));
  ++next_viewer_;
  MeterReport report{viewer.id, viewer.meter, Amount(deposited), Amount(0), Amount(0), kMaxAmount, 1, 1, {}};
  log::NewRecord record{
      {log::Topic::heartbeats, partition_of(viewer.id, log_.partitions())}, clock_.now(), {}, {}};
  codec::write(Input{report}, record.value);
  EXPECT_TRUE(log_.append(std::vector{record}));
  EXPECT_TRUE(eventually([&] { return gateway_->meters().viewer_of(viewer.meter).has_value(); }));
  return viewer;
}

std::string GatewayTest::ping(const std::string& content, const MeterId& meter, const std::string& more) {
  return R"({"type":"ping","videoId":")" + content + R"(","contractId":")" + to_text(meter) + '"' + more +
         "}";
}

std::vector<Input> GatewayTest::inputs() {
  std::vector<Input> all;
  for (std::uint32_t p = 0; p < log_.partitions(); ++p) {
    Offset next{0};
    for (;;) {
      auto records = log_.read({log::Topic::heartbeats, PartitionId{p}}, next, 1 << 20);
      if (!records || records->empty()) break;
      for (log::Record& record : *records) {
        next = Offset{static_cast<std::int64_t>(record.offset) + 1};
        codec::for_each_line(record.value, [&](codec::MutableLine line) {
          auto input = codec::parse_input(line);
          EXPECT_TRUE(input);
          if (input) all.push_back(std::move(*input));
        });
      }
    }
  }
  return all;
}

}  // namespace paytick::ingest::testing
