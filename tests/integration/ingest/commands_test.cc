// Commands over real HTTP, with real folds behind the gateway.

#include <thread>

#include "gateway_fixture.h"
#include "ingest/api/account.h"
#include "ingest/api/creators.h"
#include "ingest/api/payment.h"
#include "ingest/api/streams.h"

namespace paytick::ingest::testing {
namespace {

class CommandsTest : public GatewayTest {
 protected:
  void begin() {
    GatewayConfig settings = config();
    settings.threads = 2;
    auto created = Gateway::create(std::move(settings), {log_, clock_, random_}, {});
    ASSERT_TRUE(created) << created.error().message;
    gateway_ = std::move(*created);
    Gateway& gateway = *gateway_;
    add_payment_routes(gateway.routes(), {gateway.commands(), gateway.meters(), gateway.catalog()});
    add_stream_routes(gateway.routes(), {gateway.commands(), gateway.meters(), gateway.catalog()});
    add_creator_routes(gateway.routes(), {gateway.commands(), clock_, nullptr, [](const auto& job) {
                                            job();
                                            return true;
                                          }});
    add_account_routes(gateway.routes(), gateway.commands());
    const auto started = gateway_->start();
    ASSERT_TRUE(started) << started.error().message;
    fold();
  }
  static std::string at(const std::string& path, const Viewer& viewer) {
    return path + "?meter=" + to_text(viewer.meter);
  }
};

TEST_F(CommandsTest, MoneyIsJsonNumbersRenderedFromIntegers) {
  begin();
  const Viewer viewer = make_viewer(49'900'001);
  const Answer balance = http("GET", at("/api/payment/balance", viewer));
  EXPECT_EQ(balance.status, 200U);
  EXPECT_EQ(balance.body, R"({"balance":4.9900001,"spent":0.0000000,"limit":10.0000000,"period":"total",)"
                          R"("state":"idle","frozen":false})");
}

TEST_F(CommandsTest, ALimitIsSetAndRead) {
  begin();
  const Viewer viewer = make_viewer();
  const Answer set = http("POST", at("/api/payment/limit", viewer), R"({"limit":2.5,"period":"day"})");
  EXPECT_EQ(set.status, 200U) << set.body;
  EXPECT_TRUE(set.has(R"("limit":2.5000000,"period":"day")"));
  EXPECT_TRUE(http("GET", at("/api/payment/limit", viewer)).has(R"("limit":2.5000000,"period":"day")"));
  EXPECT_EQ(http("POST", at("/api/payment/limit", viewer), "{}").status, 400U);
  for (const char* bad : {R"({"limit":-1})", R"({"limit":0.00000001})", R"({"limit":true})",
                          R"({"limit":1,"period":"week"})", R"({"limit":1e30})", "[1]"}) {
    EXPECT_EQ(http("POST", at("/api/payment/limit", viewer), bad).status, 400U) << bad;
  }
}

TEST_F(CommandsTest, WhoHasNoMeterHereIsTold) {
  begin();
  EXPECT_EQ(http("GET", "/api/payment/balance").status, 401U);
}

TEST_F(CommandsTest, APauseHaltsThePlayerAndAResumeTellsHim) {
  begin();
  const Viewer viewer = make_viewer();
  const std::string content = make_content();
  WsClient player(gateway_->port());
  EXPECT_NE(player.ask(ping(content, viewer.meter)).find(R"("type":"tick")"), std::string::npos);
  const Answer paused = http("POST", at("/api/payment/pause", viewer), "{}");
  EXPECT_EQ(paused.status, 200U) << paused.body;
  EXPECT_TRUE(paused.has(R"("state":"paused")")) << paused.body;
  clock_.advance(1'000);  // into a tick that is not bought
  const std::string halted = player.ask(ping(content, viewer.meter));
  EXPECT_NE(halted.find(R"("code":"paused")"), std::string::npos) << halted;
  EXPECT_TRUE(http("POST", at("/api/payment/resume", viewer), "{}").has(R"("frozen":false)"));
  std::string told = player.read();
  EXPECT_NE(told.find(R"("type":"resumed","was":"paused")"), std::string::npos) << told;
  EXPECT_NE(player.ask(ping(content, viewer.meter)).find(R"("type":"tick")"), std::string::npos);
}

TEST_F(CommandsTest, ASessionIsPausedByItsContent) {
  begin();
  const Viewer viewer = make_viewer();
  const std::string content = make_content();
  const std::string body = R"({"contentId":")" + content + R"(","contentType":"video"})";
  EXPECT_EQ(http("POST", at("/api/payment/pause", viewer), body).status, 404U) << "nothing plays";
  WsClient player(gateway_->port());
  player.ask(ping(content, viewer.meter));
  const Answer paused = http("POST", at("/api/payment/pause", viewer), body);
  EXPECT_EQ(paused.status, 200U) << paused.body;
  EXPECT_TRUE(paused.has(R"("state":"paused")"));
  EXPECT_TRUE(paused.has(R"("contentId":")" + content));
  clock_.advance(1'000);
  EXPECT_NE(player.ask(ping(content, viewer.meter)).find(R"("code":"paused")"), std::string::npos);
  EXPECT_EQ(http("POST", at("/api/payment/resume", viewer), body).status, 200U);
  EXPECT_NE(player.read().find(R"("type":"resumed")"), std::string::npos);
  EXPECT_EQ(http("POST", at("/api/payment/pause", viewer), R"({"contentId":"nothing"})").status, 404U);
  EXPECT_EQ(http("POST", at("/api/payment/pause", viewer), R"({"contentType":"film"})").status, 400U);
}

TEST_F(CommandsTest, AHaltedPlayerIsToldOfATopUpAndOfARaisedLimit) {
  begin();
  const Viewer viewer = make_viewer();
  const std::string content = make_content(1'000, 1'000'000);
  http("POST", at("/api/payment/limit", viewer), R"({"limit":0.15})");
  WsClient player(gateway_->port());
  EXPECT_NE(player.ask(R"({"type":"subscribe","payments":true})").find(R"("type":"subscribed")"),
            std::string::npos);
  player.send(ping(content, viewer.meter));
  EXPECT_NE(player.read().find(R"("type":"tick")"), std::string::npos);
  std::string update = player.read();
  for (int i = 0; i < 2 && update.find("payment_update") == std::string::npos; ++i) update = player.read();
  EXPECT_NE(update.find(R"("amount":0.1000000,"totalSpent":0.1000000,"limit":0.1500000)"), std::string::npos)
      << update;
  clock_.advance(1'000);
  player.send(ping(content, viewer.meter));
  EXPECT_NE(player.read().find(R"("code":"limit")"), std::string::npos);
  EXPECT_NE(player.read().find(R"("type":"payment_limit_reached","limit":0.1500000,"totalSpent":0.1000000)"),
            std::string::npos);
  http("POST", at("/api/payment/limit", viewer), R"({"limit":1})");
  EXPECT_NE(player.read().find(R"("type":"resumed","was":"limit")"), std::string::npos);
}

TEST_F(CommandsTest, AJoinWantsTheMinimumBalance) {
  begin();
  const Viewer poor = make_viewer(1'000), rich = make_viewer();
  Content stream;
  stream.id.bytes.fill(9);
  stream.kind = ContentKind::stream;
  stream.join_required = true;
  stream.minimum_balance = Amount(20'000'000);
  stream.plan.price_per_tick = Amount(1'000);
  stream.plan.id = derive_plan_id(stream.plan);
  gateway_->catalog().apply(stream);
  const std::string path = "/api/streams/" + to_text(stream.id) + "/join";
  const Answer refused = http("POST", at(path, poor));
  EXPECT_EQ(refused.status, 402U) << refused.body;
  EXPECT_TRUE(refused.has(R"("code":"balance")"));
  EXPECT_TRUE(refused.has(R"("newBalance":"0.0001000")"));
  WsClient player(gateway_->port());
  const std::string outside = player.ask(ping(to_text(stream.id), rich.meter));
  EXPECT_EQ(outside.find(R"("type":"tick")"), std::string::npos) << outside;
  const Answer joined = http("POST", at(path, rich));
  EXPECT_EQ(joined.status, 200U) << joined.body;
  EXPECT_EQ(joined.body,
            R"({"joined":true,"streamId":")" + to_text(stream.id) + R"(","newBalance":"5.0000000"})");
  EXPECT_EQ(http("POST", at(path, rich)).body, joined.body) << "a repeat changes nothing";
  EXPECT_NE(player.ask(ping(to_text(stream.id), rich.meter)).find(R"("type":"tick")"), std::string::npos);
  EXPECT_EQ(http("POST", at("/api/streams/none/join", rich)).status, 404U);
}

TEST_F(CommandsTest, OnlyAnOperatorFreezes) {
  begin();
  const Viewer viewer = make_viewer();
  const std::string path = "/api/accounts/" + to_text(viewer.id) + "/freeze";
  EXPECT_EQ(http("POST", path, R"({"reason":"x"})").status, 401U);
  EXPECT_EQ(http("POST", at(path, viewer), R"({"reason":"x"})").status, 403U);
  EXPECT_EQ(post(path, R"({"reason":"x"})").status, 403U) << "a platform is no operator";
}

TEST_F(CommandsTest, AFreezeAndItsReasonAreOnTheLog) {
  begin();
  const Viewer viewer = make_viewer();
  const std::string content = make_content();
  WsClient player(gateway_->port());
  player.ask(ping(content, viewer.meter));
  std::atomic<int> done = 0;
  gateway_->commands().submit(viewer.id, Freeze{viewer.id, "chargeback 7", {}},
                              [&](const Result<Outcome>& o) { done = accepted(o) && o->frozen ? 1 : 2; });
  EXPECT_TRUE(eventually([&] { return done != 0; }));
  EXPECT_EQ(done, 1);
  clock_.advance(1'000);
  EXPECT_NE(player.ask(ping(content, viewer.meter)).find(R"("code":"frozen")"), std::string::npos);
  EXPECT_TRUE(http("GET", at("/api/payment/balance", viewer)).has(R"("state":"paused","frozen":true)"));
  gateway_->commands().submit(viewer.id, Unfreeze{viewer.id, "cleared", {}}, [&](const Result<Outcome>&) {});
  EXPECT_NE(player.read().find(R"("type":"resumed","was":"frozen")"), std::string::npos);
}

TEST_F(CommandsTest, APayoutIsWrittenToEveryPartition) {
  begin();
  std::atomic<int> done = 0;
  gateway_->commands().broadcast(Payout{}, [&](const Result<void>& written) { done = written ? 1 : 2; });
  EXPECT_TRUE(eventually([&] { return done != 0; }));
  EXPECT_EQ(count<Payout>(), 4U);
  EXPECT_EQ(http("POST", "/api/creators/me/payout").status, 401U);
}

TEST_F(CommandsTest, ManyAtOnceAreAllAnswered) {
  begin();
  const Viewer viewer = make_viewer();
  std::atomic<int> good = 0;
  std::vector<std::thread> clients;
  for (int t = 0; t < 8; ++t) {
    clients.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        good += http("POST", at("/api/payment/limit", viewer), R"({"limit":3})").status == 200 ? 1 : 0;
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(good, 80);
}

}  // namespace
}  // namespace paytick::ingest::testing
