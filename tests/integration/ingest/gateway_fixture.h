#pragma once
// A gateway on a free port over the memory log, with real folds behind it, and clients that speak to it over
// real sockets.

#include <gtest/gtest.h>

#include <atomic>
#include <boost/beast/http.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "aggregator/fold.h"
#include "ingest/gateway.h"
#include "log/memory/memory_log.h"
#include "model/codec.h"
#include "model/outputs.h"

namespace paytick::ingest::testing {

// The system's time, moved by what the test says.
class TestClock : public WallClock {
 public:
  TimeMs now() override;
  void advance(std::int64_t ms) { offset_ms_ += ms; }

 private:
  std::atomic<std::int64_t> offset_ms_{0};
};

class TestRandom : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::atomic<std::uint64_t> next_{1};
};

// Folds `heartbeats` and answers, as the aggregator does but without committing.
class FoldRunner {
 public:
  FoldRunner(log::EventLog& log, std::function<void(std::span<const Reply>)> deliver,
             std::function<void(std::span<const Outcome>)> answer = nullptr);
  ~FoldRunner();
  std::vector<aggregator::SessionView> sessions();
  std::vector<aggregator::AttachmentView> attachments();
  std::uint64_t rejected();

 private:
  void run();
  log::EventLog& log_;
  std::function<void(std::span<const Reply>)> deliver_;
  std::function<void(std::span<const Outcome>)> answer_;
  std::mutex mutex_;
  std::vector<aggregator::Fold> folds_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

struct Answer {
  unsigned status = 0;
  std::string body;
  std::string header(const std::string& name) const;
  std::vector<std::pair<std::string, std::string>> headers;
  bool has(std::string_view text) const { return body.find(text) != std::string::npos; }
};

// A blocking WebSocket client; every read has a deadline.
class WsClient {
 public:
  WsClient(std::uint16_t port, const std::string& path = "/ws",
           const std::vector<std::pair<std::string, std::string>>& headers = {});
  ~WsClient();
  void send(const std::string& text);
  void send_binary(const std::string& bytes);
  // The next message; empty when the socket was closed, see close_code().
  std::string read();
  std::string ask(const std::string& text) {
    send(text);
    return read();
  }
  void close();
  void cut();  // without a close frame
  unsigned close_code() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Sends raw bytes and reads until the server closes.
std::string raw_exchange(std::uint16_t port, const std::string& bytes, bool half_close = false);

// Polls until `holds`, up to ten seconds.
bool eventually(const std::function<bool()>& holds);

class GatewayTest : public ::testing::Test {
 protected:
  static constexpr std::string_view kApiKey = "test-key-0123456789";

  void TearDown() override;
  GatewayConfig config() const;
  void start(GatewayConfig config, HttpRoutes routes = {});
  void start() { start(config()); }
  void fold();  // starts the folds

  Answer http(const std::string& method, const std::string& target, const std::string& body = {},
              const std::vector<std::pair<std::string, std::string>>& headers = {});
  Answer post(const std::string& target, const std::string& body);  // with the platform's key

  // A content at `price` a second, through the API.
  std::string make_content(std::int64_t tick_ms = 1'000, std::int64_t price = 10'000);
  // A meter of a viewer with so much on it, as the chain would report it.
  struct Viewer {
    ViewerId id;
    MeterId meter;
  };
  Viewer make_viewer(std::int64_t deposited = 50'000'000);
  static std::string ping(const std::string& content, const MeterId& meter, const std::string& more = {});

  // Every line of `heartbeats`, of all partitions.
  std::vector<Input> inputs();
  template <typename T>
  std::size_t count() {
    std::size_t n = 0;
    for (const Input& input : inputs()) n += std::holds_alternative<T>(input) ? 1 : 0;
    return n;
  }

  TestClock clock_;
  TestRandom random_;
  log::MemoryLog log_{{.partitions = 4}};
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<FoldRunner> folds_;
  std::uint8_t next_viewer_ = 1;
};

}  // namespace paytick::ingest::testing
