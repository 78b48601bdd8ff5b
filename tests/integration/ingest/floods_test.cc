// Five floods against the real gateway over real sockets: each is refused with a reason, what it takes is
// bounded, and a good player goes on playing. Time is not judged here; bench/ingest/floods measures it.

#include <vector>

#include "gateway_fixture.h"
#include "raw_client.h"

namespace paytick::ingest::testing {
namespace {

constexpr std::string_view kAskContent = "GET /api/content HTTP/1.1\r\nHost: localhost\r\n\r\n";
// A close frame with 1008, "rate_limited".
constexpr std::string_view kRateLimitedFrame{"\x88\x0e\x03\xf0rate_limited", 16};
constexpr std::string_view kTooBigFrame{"\x88\x02\x03\xf1", 4};  // 1009

class FloodsTest : public GatewayTest {
 protected:
  // With a good player, who pings before, during and after the flood.
  void begin(const GatewayConfig& config, HttpRoutes routes = {}) {
    start(config, std::move(routes));
    fold();
    content_ = make_content();
    viewer_ = make_viewer();
    player_.emplace(gateway_->port());
    expect_play();
  }
  void expect_play() {
    const std::string answer = player_->ask(ping(content_, viewer_.meter));
    EXPECT_NE(answer.find(R"("type":"tick")"), answer.npos) << answer;
  }
  static void expect_refused(const std::string& answer, std::string_view status, std::string_view code) {
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::string(status))) << answer;
    EXPECT_NE(answer.find(R"("code":")" + std::string(code)), answer.npos) << answer;
    EXPECT_NE(answer.find("Retry-After: "), answer.npos) << answer;
  }

  std::string content_;
  Viewer viewer_;
  std::optional<WsClient> player_;
};

TEST_F(FloodsTest, ConnectionsBeyondAllThereAreRefused) {
  auto few = config();
  few.connections_max = 10;
  begin(few);
  std::vector<std::unique_ptr<RawClient>> flood;
  for (int i = 0; i < 9; ++i) flood.push_back(std::make_unique<RawClient>(gateway_->port()));
  ASSERT_TRUE(eventually([&] { return gateway_->stats().connections == 10; }));
  for (int i = 0; i < 300; ++i) {
    RawClient late(gateway_->port());
    expect_refused(late.read_all(), "503", "try_again");
    EXPECT_LE(gateway_->stats().connections, 10);
  }
  expect_play();
  flood.clear();
  EXPECT_TRUE(eventually([&] { return gateway_->stats().connections == 1; }));
  EXPECT_EQ(http("GET", "/api/content").status, 200U);
}

TEST_F(FloodsTest, ConnectionsOfOneAddressAreRefused) {
  auto few = config();
  few.limits.connections_per_address = 5;
  begin(few);
  std::vector<std::unique_ptr<RawClient>> flood;
  for (int i = 0; i < 4; ++i) flood.push_back(std::make_unique<RawClient>(gateway_->port()));
  ASSERT_TRUE(eventually([&] { return gateway_->stats().connections == 5; }));
  for (int i = 0; i < 300; ++i) {
    RawClient late(gateway_->port());
    expect_refused(late.read_all(), "429", "rate_limited");
  }
  EXPECT_EQ(gateway_->stats().connections, 5);
  EXPECT_GE(gateway_->stats().refused_visits, 300);
  expect_play();
  flood.clear();
  EXPECT_TRUE(eventually([&] { return gateway_->stats().connections == 1; }));
  EXPECT_EQ(http("GET", "/api/content").status, 200U);
}

TEST_F(FloodsTest, AnAddressThatHoldsHandshakesOpenIsRefused) {
  auto few = config();
  few.limits.handshakes_per_address = 5;
  begin(few);
  std::vector<std::unique_ptr<RawClient>> flood;
  for (int i = 0; i < 5; ++i) {
    flood.push_back(std::make_unique<RawClient>(gateway_->port()));
    flood.back()->send(handshake(false));
  }
  ASSERT_TRUE(eventually([&] { return gateway_->stats().connections == 6; }));
  RawClient late(gateway_->port());
  expect_refused(late.read_all(), "429", "rate_limited");
  expect_play();
  for (const auto& client : flood) {  // each that ends makes room
    client->send("\r\n");
    client->read_until("101 Switching Protocols");
  }
  EXPECT_EQ(http("GET", "/api/content").status, 200U);
}

TEST_F(FloodsTest, OldOpenHandshakesGiveWayToNewOnes) {
  auto few = config();
  few.limits.handshakes = 8;
  begin(few);
  std::vector<std::unique_ptr<RawClient>> flood;
  for (int i = 0; i < 100; ++i) {
    flood.push_back(std::make_unique<RawClient>(gateway_->port()));
    flood.back()->send(handshake(false));
    EXPECT_TRUE(eventually([&] { return gateway_->stats().connections <= 1 + 8; }));
  }
  ASSERT_TRUE(eventually([&] { return gateway_->stats().given_way == 92; }));
  for (int i = 0; i < 92; ++i)
    expect_refused(flood[static_cast<std::size_t>(i)]->read_all(), "503", "try_again");
  expect_play();
  EXPECT_EQ(http("GET", "/api/content").status, 200U);
}

TEST_F(FloodsTest, ASocketThatPingsWithoutEndIsClosed) {
  auto slow = config();
  slow.limits.messages_per_socket = 10;
  begin(slow);
  const Viewer other = make_viewer();
  for (const Opcode opcode : {Opcode::text, Opcode::pong}) {
    RawClient flood(gateway_->port());
    flood.send(handshake());
    flood.read_until("\r\n\r\n");
    const std::string frame =
        client_frame(opcode, opcode == Opcode::text ? ping(content_, other.meter) : std::string());
    std::string many;
    for (int i = 0; i < 500; ++i) many += frame;
    flood.send(many);
    const std::string answers = flood.read_all();
    EXPECT_TRUE(answers.ends_with(kRateLimitedFrame)) << answers.substr(answers.size() - 40);
    if (opcode == Opcode::text) {
      EXPECT_NE(answers.find(R"("code":"rate_limited")"), answers.npos);
    }
  }
  EXPECT_GE(gateway_->stats().refused_visits, 2);
  expect_play();
  EXPECT_TRUE(eventually([&] { return gateway_->stats().connections == 1; }));
}

TEST_F(FloodsTest, LargeMessagesAreRefusedAndTheirSocketsClosed) {
  auto some = config();
  some.limits.message_bytes = 20'000;
  some.limits.bodies_bytes = 100'000;
  some.limits.body_bytes = 60'000;
  begin(some);
  for (int i = 0; i < 20; ++i) {
    RawClient huge(gateway_->port());
    huge.send(handshake());
    huge.read_until("\r\n\r\n");
    huge.send(client_frame(Opcode::text, std::string(50'000, 'x')));
    EXPECT_TRUE(huge.read_all().starts_with(kTooBigFrame));
  }
  {
    RawClient large(gateway_->port());  // each counts as several
    large.send(handshake());
    large.read_until("\r\n\r\n");
    for (int i = 0; i < 200; ++i) large.send(client_frame(Opcode::text, std::string(19'000, 'x')));
    const std::string answers = large.read_all();
    EXPECT_NE(answers.find(R"("code":"too_large")"), answers.npos);
    EXPECT_TRUE(answers.ends_with(kRateLimitedFrame));
  }
  EXPECT_EQ(http("POST", "/anything", std::string(70'000, 'x')).status, 413U);
  RawClient slow(gateway_->port());
  slow.send("POST /anything HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000\r\n\r\nx");
  RawClient slower(gateway_->port());
  slower.send("POST /anything HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000\r\n\r\nx");
  ASSERT_TRUE(eventually([&] { return http("POST", "/anything", "x").status == 503U; }));
  expect_play();
}

TEST_F(FloodsTest, LoginChallengesOfOneAddressAreRefused) {
  auto few = config();
  few.limits.logins_per_address = 5;
  begin(few);
  int refused = 0;
  for (int i = 0; i < 50; ++i) {
    const Answer answer = http("POST", "/v1/login/challenge", "{}");
    refused += answer.status == 429U ? 1 : 0;
    if (answer.status == 429U) {
      EXPECT_TRUE(answer.has(R"("code":"rate_limited")")) << answer.body;
      EXPECT_EQ(answer.header("Retry-After"), "1");
    }
  }
  EXPECT_GE(refused, 44);
  EXPECT_EQ(http("GET", "/api/content").status, 200U);
  expect_play();
}

TEST_F(FloodsTest, RequestsOfOneAddressAreRefusedButNotThoseWithAKey) {
  auto few = config();
  few.limits.requests_per_address = 5;
  begin(few);
  clock_.advance(60'000);
  int refused = 0;
  for (int i = 0; i < 60; ++i) {
    RawClient client(gateway_->port());
    client.send(kAskContent);
    const std::string answer = client.read_until("}");
    refused += answer.starts_with("HTTP/1.1 429 ") ? 1 : 0;
  }
  EXPECT_GE(refused, 30);
  expect_play();
}

TEST_F(FloodsTest, AKeyHasItsOwnLimit) {
  auto few = config();
  few.limits.requests_per_key = 2;
  begin(few);
  unsigned last = 0;
  for (int i = 0; i < 30; ++i) last = post("/api/content", "{}").status;
  EXPECT_EQ(last, 429U);
  EXPECT_EQ(http("GET", "/api/content").status, 200U);  // nobody's key
}

TEST_F(FloodsTest, OnlyATrustedProxySaysWhoseRequestItIs) {
  std::string seen;
  const auto routes = [&seen] {
    HttpRoutes made;
    made.add("GET", "/who", RunOn::loop, [&seen](const HttpRequest& request) {
      return HttpResponse{200, seen = request.peer};
    });
    return made;
  };
  auto open = config();
  open.development = false;
  start(open, routes());
  const std::vector<std::pair<std::string, std::string>> header{
      {"X-Forwarded-For", "198.51.100.7, 2001:db8::1, 10.1.2.3"}};
  EXPECT_EQ(http("GET", "/who", "", header).body, "127.0.0.1");
  gateway_.reset();
  open.limits.trusted_proxies = {"127.0.0.1", "10.0.0.0/8"};
  open.limits.logins_per_address = 1;
  start(open, routes());
  EXPECT_EQ(http("GET", "/who", "", header).body, "2001:db8::1");
  EXPECT_EQ(http("GET", "/who").body, "127.0.0.1");
  EXPECT_EQ(http("GET", "/who", "", {{"X-Forwarded-For", "nonsense"}}).body, "127.0.0.1");
  const auto challenge = [&](const std::string& from) {
    return http("POST", "/v1/login/challenge", "{}", {{"X-Forwarded-For", from}}).status;
  };
  EXPECT_NE(challenge("2001:db8::1"), 429U);
  EXPECT_EQ(challenge("2001:db8::ffff"), 429U);  // of the same /64
  EXPECT_NE(challenge("2001:db8:0:1::1"), 429U);
  open.limits.trusted_proxies = {"10.0.0.0/33"};
  EXPECT_EQ(Gateway::create(open, {log_, clock_, random_}, {}).error().code, "bad_config");
}

TEST_F(FloodsTest, AViewersSocketsShareALimit) {
  auto few = config();
  few.limits.messages_per_viewer = 2;
  begin(few);
  const Viewer greedy = make_viewer();
  std::vector<std::unique_ptr<WsClient>> sockets;
  std::string answer;
  for (int i = 0; i < 20; ++i) {
    sockets.push_back(std::make_unique<WsClient>(gateway_->port()));
    sockets.back()->ask(ping(content_, greedy.meter));
    answer = sockets.back()->ask(ping(content_, greedy.meter));
  }
  EXPECT_NE(answer.find(R"("code":"rate_limited")"), answer.npos) << answer;
  expect_play();
}

TEST_F(FloodsTest, ASocketThatSaysNothingForLongIsClosed) {
  auto quick = config();
  quick.keepalive_s = quick.header_timeout_s = quick.pong_timeout_s = 1;
  quick.limits.socket_idle_s = 2;
  start(quick);
  WsClient idle(gateway_->port());
  EXPECT_EQ(idle.read(), "");  // it answers pings meanwhile
  EXPECT_EQ(idle.close_code(), 1001U);
}

}  // namespace
}  // namespace paytick::ingest::testing
