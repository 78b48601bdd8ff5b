// Logins, keys and who may do what, over real HTTP and sockets. tests/e2e/access_test.py holds every endpoint
// of the whole program; here is the gateway alone, outside development mode.

#include <sodium.h>

#include <algorithm>
#include <map>

#include "gateway_fixture.h"
#include "ingest/auth/jwt.h"
#include "ingest/auth/login_desk.h"
#include "model/partition.h"
#include "unit/ingest/auth/auth_fixture.h"

namespace paytick::ingest::testing {
namespace {

class AccessTest : public GatewayTest {
 protected:
  static constexpr std::string_view kOperatorKey = "the-operators-first-key-0123456789";

  GatewayConfig production() const {
    GatewayConfig made = config();
    made.development = false;
    made.keys.push_back({{}, hash_api_key(kOperatorKey), {}});
    return made;
  }
  void SetUp() override { start(production()); }

  Answer as(std::string_view credential, const std::string& method, const std::string& target,
            const std::string& body = {}) {
    if (credential.empty()) return http(method, target, body);
    return http(method, target, body, {{"Authorization", "Bearer " + std::string(credential)}});
  }
  static std::string member(const std::string& json, const std::string& name) {
    const auto at = json.find('"' + name + R"(":")");
    if (at == json.npos) return {};
    const auto from = at + name.size() + 4;
    return json.substr(from, json.find('"', from) - from);
  }
  static std::string unescaped(std::string text) {
    for (std::size_t at = 0; (at = text.find("\\n", at)) != text.npos;) text.replace(at, 2, "\n");
    return text;
  }
  static std::string escaped(std::string text) {
    for (std::size_t at = 0; (at = text.find('\n', at)) != text.npos; at += 2) text.replace(at, 1, "\\n");
    return text;
  }
  std::string login_body(const Wallet& wallet) {
    const std::string account = to_text(wallet.account);
    const Answer challenge = http("POST", "/v1/login/challenge", R"({"account":")" + account + R"("})");
    const std::string message = unescaped(member(challenge.body, "message"));
    return R"({"account":")" + account + R"(","message":")" + escaped(message) + R"(","signature":")" +
           wallet.sign(message) + R"("})";
  }
  std::string log_in(const Wallet& wallet) {
    const Answer answer = http("POST", "/v1/login", login_body(wallet));
    EXPECT_EQ(answer.status, 200U) << answer.body;
    return member(answer.body, "token");
  }
  std::string make_key(const std::string& order) {
    const Answer answer = as(kOperatorKey, "POST", "/v1/keys", order);
    EXPECT_EQ(answer.status, 201U) << answer.body;
    return member(answer.body, "key");
  }
  // The meter of a wallet, as the chain would report it.
  MeterId meter_of(const Wallet& wallet) {
    const MeterId meter{wallet.account.bytes};
    const MeterReport report{
        wallet.account, meter, Amount(50'000'000), Amount(0), Amount(0), kMaxAmount, 1, 1, {}};
    log::NewRecord record{
        {log::Topic::heartbeats, partition_of(wallet.account, log_.partitions())}, clock_.now(), {}, {}};
    codec::write(Input{report}, record.value);
    EXPECT_TRUE(log_.append({&record, 1}));
    EXPECT_TRUE(eventually([&] { return gateway_->meters().viewer_of(meter).has_value(); }));
    return meter;
  }

  const Wallet wallet_{secret(21)}, stranger_{secret(22)};
};

TEST_F(AccessTest, ACreatorDoesNotSayThePlatformsShare) {
  fold();
  const std::string token = log_in(wallet_);
  const auto create = [&](const char* share) {
    return as(token, "POST", "/api/content",
              R"({"title":"t","creatorWallet":")" + to_text(wallet_.account) +
                  R"(","plan":{"pricePerTick":1)" + share + "}}");
  };
  EXPECT_NE(create("").body.find(R"("platformBps":2000)"), std::string::npos);
  EXPECT_EQ(create(R"(,"platformBps":2000)").status, 201U);
  for (const char* share : {R"(,"platformBps":0)", R"(,"platformBps":1999)", R"(,"platformBps":2001)"})
    EXPECT_EQ(create(share).status, 403U) << share;
}

TEST_F(AccessTest, AWalletLogsInAndPlaysForItsOwnAccount) {
  fold();
  const std::string content = make_content();
  const MeterId meter = meter_of(wallet_);
  const std::string token = log_in(wallet_), strangers = log_in(stranger_);
  EXPECT_TRUE(as(token, "GET", "/v1/me").has(to_text(wallet_.account)));
  {
    WsClient client(gateway_->port(), "/ws?token=" + token);
    const std::string answer = client.ask(ping(content, meter, R"(,"playToken":true)"));
    EXPECT_EQ(member(answer, "type"), "tick") << answer;
    const auto jwt = split_jwt(member(answer, "playToken"));
    ASSERT_TRUE(jwt) << answer;
    const std::string jwks = http("GET", "/.well-known/jwks.json").body;
    EXPECT_NE(jwks.find(jwt->kid), jwks.npos);
    EXPECT_EQ(member(jwt->payload, "content"), content);
  }
  WsClient other(gateway_->port(), "/ws?token=" + strangers);
  EXPECT_EQ(member(other.ask(ping(content, meter)), "code"), "foreign_contract");
  WsClient nobody(gateway_->port());
  EXPECT_EQ(member(nobody.ask(ping(content, meter)), "code"), "unauthorized");
  EXPECT_EQ(member(nobody.ask(R"({"type":"login","token":"x"})"), "code"), "unauthorized");
  EXPECT_EQ(member(nobody.ask(R"({"type":"login","token":")" + token + R"("})"), "account"),
            to_text(wallet_.account));
  EXPECT_EQ(member(nobody.ask(ping(content, meter)), "type"), "tick");
  clock_.advance(kSessionTokenMs);
  EXPECT_EQ(member(nobody.ask(ping(content, meter)), "code"), "unauthorized") << "a login ends";
  EXPECT_ANY_THROW(WsClient(gateway_->port(), "/ws?token=" + token));
  EXPECT_ANY_THROW(WsClient(gateway_->port(), "/ws?token=" + std::string(kApiKey)))
      << "a platform is no viewer";
}

TEST_F(AccessTest, AnUpgradeMayBringItsTokenAsAProtocol) {
  fold();
  const std::string content = make_content();
  const MeterId meter = meter_of(wallet_);
  WsClient client(gateway_->port(), "/ws",
                  {{"Sec-WebSocket-Protocol", "paytick, bearer." + log_in(wallet_)}});
  EXPECT_EQ(member(client.ask(ping(content, meter)), "type"), "tick");
}

TEST_F(AccessTest, AnAnswerIsTakenOnceAndFromItsPageAlone) {
  auto allowing = production();
  allowing.allowed_origins = {"https://a.example", "https://b.example"};
  gateway_->drain(std::chrono::seconds(10));
  start(allowing);
  const std::string body = login_body(wallet_);
  EXPECT_EQ(http("POST", "/v1/login", body, {{"Origin", "https://a.example"}}).status, 401U);
  EXPECT_EQ(http("POST", "/v1/login", body).status, 200U);
  EXPECT_EQ(http("POST", "/v1/login", body).status, 401U);
  for (const char* bad : {"", "{}", "[]", "x", R"({"account":"G"})", R"({"account":1})"}) {
    EXPECT_EQ(http("POST", "/v1/login", bad).status, 400U) << bad;
    EXPECT_EQ(http("POST", "/v1/login/challenge", bad).status, 400U) << bad;
  }
}

TEST_F(AccessTest, KeysAreGoodAtEveryGatewayUntilTheyAreRevoked) {
  auto second = production();
  second.gateway.bytes.fill(8);
  auto other = Gateway::create(second, {log_, clock_, random_}, {});
  ASSERT_TRUE(other && (*other)->start());
  const std::string key = make_key(R"({"label":"backend","scopes":["ingest","read"]})");
  EXPECT_EQ(key.size(), kApiKeyText);
  EXPECT_TRUE(as(key, "GET", "/v1/me").has(R"("scopes":["ingest","read"])"));
  std::swap(gateway_, *other);
  EXPECT_TRUE(eventually([&] { return as(key, "GET", "/v1/me").status == 200; }));
  const std::string list = as(kOperatorKey, "GET", "/v1/keys").body;
  EXPECT_EQ(list.find(key), list.npos);
  EXPECT_EQ(as(kOperatorKey, "DELETE", "/v1/keys/" + member(list, "id")).status, 200U);
  EXPECT_EQ(as(key, "GET", "/v1/me").status, 401U);
  std::swap(gateway_, *other);
  EXPECT_TRUE(eventually([&] { return as(key, "GET", "/v1/me").status == 401; }));
}

TEST_F(AccessTest, OrdersOfKeysAreChecked) {
  const auto refused = [&](const std::string& order) {
    const Answer answer = as(kOperatorKey, "POST", "/v1/keys", order);
    EXPECT_EQ(answer.status, 400U) << order << answer.body;
    return member(answer.body, "code");
  };
  EXPECT_EQ(refused("{"), "malformed_json");
  EXPECT_EQ(refused("{}"), "missing_field");
  EXPECT_EQ(refused(R"({"label":"a"})"), "bad_field") << "no scopes";
  EXPECT_EQ(refused(R"({"label":"a","scopes":["all"]})"), "bad_field");
  EXPECT_EQ(refused(R"({"label":"a","scopes":["backfill"]})"), "bad_field");
  EXPECT_EQ(refused(R"({"label":"a","scopes":"ingest"})"), "bad_field");
  EXPECT_EQ(refused(R"({"label":"a","operator":true,"scopes":["ingest"]})"), "bad_field");
  EXPECT_EQ(refused(R"({"label":"a","operator":1})"), "bad_field");
  EXPECT_EQ(refused(R"({"label":")" + std::string(101, 'x') + R"(","operator":true})"), "bad_field");
  EXPECT_EQ(refused(R"({"label":"a","scopes":["read"],"platform":"x"})"), "bad_field");
  EXPECT_EQ(refused(R"({"label":"a","scopes":["read"],"platform":"AAAAAAAAAAAAAAAAAAAAAA"})"), "bad_field");
  // Points of small order: everybody could sign for them.
  EXPECT_EQ(refused(R"({"label":"a","viewerKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})"),
            "bad_field");
  EXPECT_EQ(refused(R"({"label":"a","viewerKey":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})"),
            "bad_field");
  EXPECT_EQ(as(kOperatorKey, "DELETE", "/v1/keys/x").status, 404U);
}

// Every endpoint that the gateway has by itself × everybody. A route without a row fails.
TEST_F(AccessTest, NothingPassesThatShouldNot) {
  const std::string content = make_content();
  const auto held = [](const std::string& credential) { return [credential] { return credential; }; };
  const std::vector<std::pair<std::string, std::function<std::string()>>> people = {
      {"nobody", held("")},
      {"viewer", [this] { return log_in(wallet_); }},  // of no content here, and no creator of any
      {"platform", held(std::string(kApiKey))},
      {"reader", held(make_key(R"({"label":"r","scopes":["read"]})"))},
      {"other platform", held(make_key(R"({"label":"o","scopes":["ingest","catalogue"]})"))},
      {"operator", held(std::string(kOperatorKey))}};
  const std::string film =
      R"({"title":"t","creatorWallet":")" + to_text(stranger_.account) + R"(","plan":{"pricePerTick":1}})";
  struct Row {
    std::string path, body;
    std::vector<std::string> who;  // pass
  };
  const std::vector<std::string> all = {"nobody", "viewer",         "platform",
                                        "reader", "other platform", "operator"};
  const std::map<std::string, Row> table = {
      {"POST /v1/heartbeats", {"/v1/heartbeats", "{}\n", {"platform", "other platform"}}},
      {"GET /api/content", {"/api/content", "", all}},
      {"GET /api/content/:id", {"/api/content/" + content, "", all}},
      {"POST /api/content", {"/api/content", film, {"platform", "other platform"}}},
      {"POST /api/content/:id/close", {"/api/content/" + content + "/close", "", {"platform"}}},
      {"GET /api/videos", {"/api/videos", "", all}},
      {"GET /api/videos/:id", {"/api/videos/" + content, "", all}},
      {"POST /api/videos", {"/api/videos", film, {"platform", "other platform"}}},
      {"POST /api/videos/:id/close", {"/api/videos/" + content + "/close", "", {"platform"}}},
      {"POST /v1/login/challenge",
       {"/v1/login/challenge", R"({"account":")" + to_text(wallet_.account) + R"("})", all}},
      {"POST /v1/login", {"/v1/login", "{}", {}}},
      {"POST /v1/login/refresh", {"/v1/login/refresh", R"({"refreshToken":"x"})", {}}},
      {"POST /v1/logout", {"/v1/logout", "", {"viewer"}}},
      {"GET /v1/me", {"/v1/me", "", {"viewer", "platform", "reader", "other platform", "operator"}}},
      {"GET /.well-known/jwks.json", {"/.well-known/jwks.json", "", all}},
      {"POST /v1/keys", {"/v1/keys", R"({"label":"x","operator":true})", {"operator"}}},
      {"GET /v1/keys", {"/v1/keys", "", {"operator"}}},
      {"DELETE /v1/keys/:id", {"/v1/keys/AAAAAAAAAAAAAAAAAAAAAA", "", {}}},
      {"GET /v1/routes", {"/v1/routes", "", {"operator"}}}};

  std::string routes = as(kOperatorKey, "GET", "/v1/routes").body;
  std::size_t seen = 0;
  for (auto at = routes.find('[') + 1; routes[at] == '"'; ++seen) {
    const auto end = routes.find('"', at + 1);
    const std::string route = routes.substr(at + 1, end - at - 1);
    at = end + (routes[end + 1] == ',' ? 2 : 1);
    const auto row = table.find(route);
    ASSERT_NE(row, table.end()) << route << " has no row";
    const std::string method = route.substr(0, route.find(' '));
    // Those who may not first: who passes changes something.
    for (const bool passes : {false, true}) {
      for (const auto& [who, credential] : people) {
        if ((std::ranges::find(row->second.who, who) != row->second.who.end()) != passes) continue;
        const unsigned status = as(credential(), method, row->second.path, row->second.body).status;
        if (passes) {
          EXPECT_LT(status, 300U) << route << " by " << who;
        } else {
          EXPECT_GE(status, 400U) << route << " by " << who;
          if (who == "nobody" && !row->second.who.empty()) {
            EXPECT_EQ(status, 401U) << route;
          }
        }
      }
    }
  }
  EXPECT_EQ(seen, table.size());
}

}  // namespace
}  // namespace paytick::ingest::testing
