// The catalogue, the routes of other parts, and what the server refuses.

#include "gateway_fixture.h"
#include "ingest/protocol_batch.h"

namespace paytick::ingest::testing {
namespace {

using HttpTest = GatewayTest;

TEST_F(HttpTest, CreatesAndShowsContent) {
  start();
  const std::string id = make_content(10'000, 100'000);
  for (const std::string path : {"/api/content/", "/api/videos/"}) {
    const Answer answer = http("GET", path + id);
    EXPECT_EQ(answer.status, 200U);
    EXPECT_TRUE(answer.has(R"("title":"A film")")) << answer.body;
    EXPECT_TRUE(answer.has(R"("pricePerTick":100000)"));
    EXPECT_TRUE(answer.has(R"("priceXlmPerTick":"0.0100000")"));
    EXPECT_TRUE(answer.has(R"("priceXlmPerSecond":"0.0010000")"));
    EXPECT_TRUE(answer.has(R"("heartbeatMs":10000)"));
  }
  EXPECT_EQ(http("GET", "/api/content/AAAAAAAAAAAAAAAAAAAAAA").status, 404U);
}

TEST_F(HttpTest, ListsByCursor) {
  start();
  EXPECT_EQ(http("GET", "/api/content").body, R"({"items":[],"next":null})");
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back(make_content());
    clock_.advance(1);
  }
  const Answer first = http("GET", "/api/videos?limit=3");
  EXPECT_TRUE(first.has(ids[4]));
  EXPECT_FALSE(first.has(ids[1]));
  const auto at = first.body.rfind(R"("next":")") + 8;
  const std::string cursor = first.body.substr(at, first.body.find('"', at) - at);
  const Answer second = http("GET", "/api/content?limit=3&cursor=" + cursor);
  EXPECT_TRUE(second.has(ids[1]));
  EXPECT_TRUE(second.has(ids[0]));
  EXPECT_TRUE(second.has(R"("next":null)"));
  EXPECT_EQ(http("GET", "/api/content?limit=0").status, 400U);
  EXPECT_EQ(http("GET", "/api/content?cursor=x").status, 400U);
}

TEST_F(HttpTest, AnotherGatewaySeesTheContent) {
  start();
  const std::string id = make_content();
  auto other_config = config();
  other_config.boot = 2;
  auto other = Gateway::create(other_config, {log_, clock_, random_}, {});
  ASSERT_TRUE(other);
  ASSERT_TRUE((*other)->start());
  EXPECT_EQ((*other)->catalog().size(), 1U);
  const std::string later = make_content();
  EXPECT_TRUE(eventually([&] { return (*other)->catalog().size() == 2; }));
}

TEST_F(HttpTest, RefusesContentWithoutKeyOrSense) {
  start();
  EXPECT_EQ(http("POST", "/api/content", "{}").status, 401U);
  EXPECT_EQ(http("POST", "/api/content", "{}", {{"Authorization", "Bearer wrong"}}).status, 401U);
  AccountId wallet;
  const std::string start_of = R"({"title":"t","creatorWallet":")" + to_text(wallet) + R"(","plan":)";
  const auto refused = [&](const std::string& body) {
    const Answer answer = post("/api/content", body);
    EXPECT_GE(answer.status, 400U);
    const auto at = answer.body.find(R"("code":")") + 8;
    return answer.body.substr(at, answer.body.find('"', at) - at);
  };
  EXPECT_EQ(refused("nonsense"), "malformed_json");
  EXPECT_EQ(refused("{}"), "missing_field");
  EXPECT_EQ(refused(start_of + R"({"pricePerTick":1.5}})"), "bad_field");
  EXPECT_EQ(refused(start_of + R"({"pricePerTick":-1}})"), "bad_field");
  EXPECT_EQ(refused(start_of + R"({"pricePerTick":1,"tickMs":1}})"), "invalid_plan");
  EXPECT_EQ(refused(start_of + R"({"pricePerTick":1,"heartbeatMs":15000}})"), "invalid_plan");
  EXPECT_EQ(refused(start_of + R"({"pricePerTick":1}},"description":")" + std::string(5'000, 'x') + "\"}"),
            "malformed_json");
  EXPECT_EQ(post("/api/content", std::string(100'000, 'x')).status, 413U);
}

TEST_F(HttpTest, TheLogsRefusalIsTold) {
  start();
  log_.fail_next(log::Fault::full);
  AccountId wallet;
  const Answer answer = post("/api/content", R"({"title":"t","creatorWallet":")" + to_text(wallet) +
                                                 R"(","plan":{"pricePerTick":1}})");
  EXPECT_EQ(answer.status, 507U) << answer.body;
  EXPECT_EQ(http("GET", "/api/content").body, R"({"items":[],"next":null})");
}

TEST_F(HttpTest, RunsTheRoutesOfOtherParts) {
  HttpRoutes routes;
  routes.add("GET", "/healthz", RunOn::loop, [](const HttpRequest&) { return HttpResponse{200, "ok"}; });
  routes.add("GET", "/api/creators/:wallet/earnings", RunOn::pool, [](const HttpRequest& request) {
    return HttpResponse{200, request.params.at(0) + query_param(request.query, "cursor").value_or("-")};
  });
  start(config(), std::move(routes));
  EXPECT_EQ(http("GET", "/healthz").body, "ok");
  EXPECT_EQ(http("GET", "/api/creators/G%41/earnings?cursor=7").body, "GA7");
  EXPECT_EQ(http("POST", "/healthz").status, 405U);
  EXPECT_EQ(http("GET", "/nothing").status, 404U);
}

TEST_F(HttpTest, DevelopmentModeStaysOnTheMachine) {
  auto open = config();
  open.address = "0.0.0.0";
  EXPECT_EQ(Gateway::create(open, {log_, clock_, random_}, {}).error().code, "not_loopback");
  auto real = config();
  real.network_passphrase = "Public Global Stellar Network ; September 2015";
  EXPECT_EQ(Gateway::create(real, {log_, clock_, random_}, {}).error().code, "public_network");

  start();
  for (const char* name : {"Forwarded", "X-Forwarded-For", "Via", "X-Real-IP"}) {
    EXPECT_EQ(http("GET", "/api/content", "", {{name, "1"}}).status, 403U) << name;
  }
  EXPECT_EQ(http("GET", "/api/content", "", {{"Host", "evil.example"}}).status, 403U);
  EXPECT_EQ(http("GET", "/api/content", "", {{"Origin", "https://evil.example"}}).status, 403U);
  const Answer answer = http("GET", "/api/content", "", {{"Origin", "http://localhost:5173"}});
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "http://localhost:5173");
  EXPECT_EQ(http("OPTIONS", "/api/content", "", {{"Origin", "http://127.0.0.1:3000"}}).status, 204U);
  EXPECT_ANY_THROW(WsClient(gateway_->port(), "/ws", {{"Origin", "https://evil.example"}}));
}

TEST_F(HttpTest, OutsideDevelopmentASocketNeedsALogin) {
  auto production = config();
  production.development = false;
  start(production);
  const std::string content = make_content();
  WsClient client(gateway_->port());
  EXPECT_NE(client.ask(ping(content, MeterId{})).find("unauthorized"), std::string::npos);
}

TEST_F(HttpTest, RepliesFindTheLaneThatHoldsTheSocket) {
  auto several = config();
  several.threads = 3;
  start(several);
  fold();
  const std::string content = make_content();
  for (int i = 0; i < 7; ++i) {
    const Viewer viewer = make_viewer();
    WsClient client(gateway_->port());
    EXPECT_NE(client.ask(ping(content, viewer.meter)).find("newBalance"), std::string::npos);
  }
  EXPECT_TRUE(gateway_->drain(std::chrono::seconds(10)));
  EXPECT_EQ(count<Stop>(), 7U);
}

TEST_F(HttpTest, SurvivesGarbage) {
  start();
  const std::string host = "Host: localhost\r\n";
  const std::string key = "Authorization: Bearer " + std::string(kApiKey) + "\r\n";
  EXPECT_NE(raw_exchange(gateway_->port(), "\x16\x03\x01garbage\r\n\r\n").find("400"), std::string::npos);
  EXPECT_NE(raw_exchange(gateway_->port(), "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x')).find("413"),
            std::string::npos);
  EXPECT_NE(raw_exchange(gateway_->port(), "POST /v1/heartbeats HTTP/1.1\r\n" + host + key +
                                               "Content-Length: 99999999999\r\n\r\n")
                .find("413"),
            std::string::npos);
  raw_exchange(gateway_->port(), "", true);
  EXPECT_EQ(http("GET", "/api/content").status, 200U);
}

TEST_F(HttpTest, AnOversizedBatchIsToldSoThoughItIsSentWhole) {
  start();
  const std::string body(kBatchBytesMax + 1, 'x');
  const std::string answer = raw_exchange(
      gateway_->port(), "POST /v1/heartbeats HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
                            std::string(kApiKey) + "\r\nContent-Length: " + std::to_string(body.size()) +
                            "\r\n\r\n" + body);
  EXPECT_NE(answer.find("413"), std::string::npos) << answer;
  EXPECT_NE(answer.find("too_large"), std::string::npos) << answer;
}

TEST_F(HttpTest, CountsWhatItDoes) {
  start();
  make_content();
  EXPECT_EQ(post("/v1/heartbeats", "{}\n").status, 200U);
  EXPECT_TRUE(eventually([&] { return gateway_->stats().counters.batch_refused == 1; }));
  EXPECT_EQ(gateway_->stats().contents, 1U);
}

TEST_F(HttpTest, WritesItsBootIntoEveryPartition) {
  start();
  EXPECT_EQ(count<GatewayStarted>(), log_.partitions());
}

}  // namespace
}  // namespace paytick::ingest::testing
