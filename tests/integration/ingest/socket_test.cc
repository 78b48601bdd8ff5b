// The socket of system 1 over real connections, with the real fold behind it.

#include <variant>

#include "gateway_fixture.h"

namespace paytick::ingest::testing {
namespace {

class SocketTest : public GatewayTest {
 protected:
  void SetUp() override {
    start();
    fold();
    content_ = make_content();
    viewer_ = make_viewer();
  }
  std::string play(WsClient& client, const std::string& more = {}) {
    return client.ask(ping(content_, viewer_.meter, more));
  }
  static std::string member(const std::string& json, const std::string& name) {
    const auto at = json.find('"' + name + R"(":")");
    if (at == json.npos) return {};
    const auto from = at + name.size() + 4;
    return json.substr(from, json.find('"', from) - from);
  }

  std::string content_;
  Viewer viewer_;
};

TEST_F(SocketTest, AnswersAPingWithTheNewBalance) {
  WsClient client(gateway_->port());
  const std::string answer = play(client, R"(,"seq":41)");
  EXPECT_EQ(member(answer, "type"), "tick");
  EXPECT_EQ(member(answer, "newBalance"), "4.9990000");
  EXPECT_NE(answer.find(R"("paidUntil":)"), answer.npos);
  EXPECT_EQ(member(answer, "session").size(), kShortIdText);
  EXPECT_EQ(member(answer, "resumeToken").size(), 43U);
  EXPECT_NE(answer.find(R"("seq":41)"), answer.npos);
}

TEST_F(SocketTest, TakesMessagesAtTheRootAsWell) {
  WsClient client(gateway_->port(), "/");
  EXPECT_EQ(member(play(client), "type"), "tick");
}

TEST_F(SocketTest, TwelveTicksCostTwelveTicksHoweverOftenTheyArePinged) {
  WsClient client(gateway_->port());
  for (int second = 0; second < 12; ++second) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(member(play(client), "type"), "tick");
    clock_.advance(1'000);
  }
  client.close();
  ASSERT_TRUE(eventually([&] { return count<Stop>() == 1; }));
  ASSERT_TRUE(eventually([&] { return folds_->attachments().empty(); }));
  const auto sessions = folds_->sessions();
  ASSERT_EQ(sessions.size(), 1U);
  EXPECT_EQ(sessions[0].ticks, 12);
  EXPECT_EQ(sessions[0].amount, Amount(120'000));
}

TEST_F(SocketTest, ACutConnectionIsAStop) {
  WsClient client(gateway_->port());
  play(client);
  client.cut();
  EXPECT_TRUE(eventually([&] { return count<Stop>() == 1; }));
}

TEST_F(SocketTest, ReconnectingWithTheTokenContinuesTheSession) {
  std::string token, session;
  for (int i = 0; i < 3; ++i) {
    WsClient client(gateway_->port());
    const std::string answer = play(client, token.empty() ? "" : R"(,"resumeToken":")" + token + '"');
    if (!session.empty()) {
      EXPECT_EQ(member(answer, "session"), session);
    }
    session = member(answer, "session");
    token = member(answer, "resumeToken");
    client.close();
  }
  EXPECT_EQ(folds_->sessions().size(), 1U);
}

TEST_F(SocketTest, ASecondScreenPaysForItself) {
  WsClient one(gateway_->port());
  WsClient two(gateway_->port());
  const auto first = member(play(one), "session");
  EXPECT_NE(member(play(two), "session"), first);
  two.close();
  ASSERT_TRUE(eventually([&] { return count<Stop>() == 1; }));
  EXPECT_EQ(member(play(one), "session"), first);
}

TEST_F(SocketTest, AnotherVideoStopsTheFirst) {
  const std::string other = make_content();
  WsClient client(gateway_->port());
  const auto first = member(play(client), "session");
  const auto second = member(client.ask(ping(other, viewer_.meter)), "session");
  EXPECT_NE(first, second);
  EXPECT_EQ(count<Stop>(), 1U);
  EXPECT_EQ(count<Open>(), 2U);
}

TEST_F(SocketTest, AnEmptyMeterHaltsWithWords) {
  const Viewer poor = make_viewer(15'000);
  WsClient client(gateway_->port());
  EXPECT_EQ(member(client.ask(ping(content_, poor.meter)), "type"), "tick");
  EXPECT_EQ(member(client.read(), "type"), "low_balance");
  clock_.advance(1'000);
  const std::string answer = client.ask(ping(content_, poor.meter));
  EXPECT_EQ(member(answer, "type"), "error");
  EXPECT_EQ(member(answer, "code"), "balance");
  EXPECT_EQ(member(answer, "newBalance"), "0.0005000");
}

TEST_F(SocketTest, AClosedSessionIsOpenedAnewUnderThePing) {
  WsClient client(gateway_->port());
  const auto first = member(play(client), "session");
  clock_.advance(120'000);
  // A clock line lets the fold close what is idle.
  std::vector<log::NewRecord> clocks;
  for (std::uint32_t p = 0; p < log_.partitions(); ++p) {
    log::NewRecord record{{log::Topic::heartbeats, PartitionId{p}}, clock_.now(), {}, {}};
    codec::write(Input{Clock{}}, record.value);
    clocks.push_back(record);
  }
  ASSERT_TRUE(log_.append(clocks));
  ASSERT_TRUE(eventually([&] { return folds_->attachments().empty(); }));
  const std::string answer = play(client);
  EXPECT_EQ(member(answer, "type"), "tick") << answer;
  EXPECT_NE(member(answer, "session"), first);
}

TEST_F(SocketTest, RefusesWithStableCodes) {
  WsClient client(gateway_->port());
  const auto refused = [&](const std::string& text) { return member(client.ask(text), "code"); };
  MeterId stranger;
  stranger.bytes.fill(250);
  EXPECT_EQ(refused("{"), "malformed_json");
  EXPECT_EQ(refused(""), "malformed_json");
  EXPECT_EQ(refused("[1]"), "malformed_json");
  EXPECT_EQ(refused(R"({"type":"ping","seq":NaN})"), "malformed_json");
  EXPECT_EQ(refused(R"({"type":"ping","seq":1e999})"), "malformed_json");
  EXPECT_EQ(refused(R"({"type":"ping","seq":99999999999999999999})"), "bad_field");
  EXPECT_EQ(refused(std::string(10'000, '[')), "malformed_json");
  EXPECT_EQ(refused(R"({"a":)" + std::string(12'000, '[')), "too_deep");
  EXPECT_EQ(refused(R"({"type":"pong"})"), "unknown_type");
  EXPECT_EQ(refused(R"({"type":"ping"})"), "missing_field");
  EXPECT_EQ(refused(std::string(20'000, ' ')), "too_large");
  EXPECT_EQ(refused(ping("nothing", viewer_.meter)), "unknown_content");
  EXPECT_EQ(refused(ping(std::string(22, 'A'), viewer_.meter)), "unknown_content");
  EXPECT_EQ(refused(ping(content_, stranger)), "unknown_contract");
  EXPECT_EQ(refused(ping(content_, viewer_.meter, R"(,"planId":"AAAAAAAAAAAAAAAAAAAAAA")")), "price_changed");
  EXPECT_EQ(refused(ping(content_, viewer_.meter, R"(,"resumeToken":"x")")), "bad_resume_token");
  client.send_binary("\x01\x02");
  EXPECT_EQ(member(client.read(), "code"), "not_text");
  EXPECT_EQ(member(play(client), "type"), "tick") << "the socket goes on";
}

TEST_F(SocketTest, ClosesOnInvalidUtf8AndOnHugeMessages) {
  WsClient utf8(gateway_->port());
  EXPECT_EQ(utf8.ask("{\"type\":\"\xff\xfe\"}"), "");
  EXPECT_EQ(utf8.close_code(), 1007U);
  WsClient huge(gateway_->port());
  EXPECT_EQ(huge.ask(std::string(100'000, 'x')), "");
  WsClient next(gateway_->port());
  EXPECT_EQ(member(play(next), "type"), "tick");
}

TEST_F(SocketTest, ClosedContentIsRefusedAndHaltsWhoWatches) {
  WsClient watching(gateway_->port());
  EXPECT_EQ(member(play(watching), "type"), "tick");
  EXPECT_EQ(post("/api/content/" + content_ + "/close", "").status, 200U);
  EXPECT_EQ(member(watching.read(), "code"), "content");
  WsClient late(gateway_->port());
  EXPECT_EQ(member(play(late), "code"), "content_closed");
}

TEST_F(SocketTest, LimitsTheRateOfMessages) {
  WsClient client(gateway_->port());
  for (int i = 0; i < 300; ++i) client.send("{");
  bool limited = false;
  for (int i = 0; i < 300 && !limited; ++i) limited = member(client.read(), "code") == "rate_limited";
  EXPECT_TRUE(limited);
}

TEST_F(SocketTest, SaysThatTheLogIsFullAndGoesOnAfterwards) {
  WsClient client(gateway_->port());
  log_.fail_next(log::Fault::full);
  EXPECT_EQ(member(play(client), "code"), "log_full");
  log_.fail_next(log::Fault::in_doubt_applied);
  // The ping was in the log after all: its answer is on the way, and may even come first.
  std::string answer = play(client);
  EXPECT_TRUE(member(answer, "code") == "try_again" || member(answer, "type") == "tick") << answer;
  answer = play(client);
  EXPECT_EQ(member(answer, "type"), "tick") << answer;
}

TEST_F(SocketTest, WritesAStopAgainThatTheLogDidNotTake) {
  WsClient client(gateway_->port());
  play(client);
  log_.fail_next(log::Fault::full);
  client.close();
  EXPECT_TRUE(eventually([&] { return count<Stop>() == 1; }));
}

TEST_F(SocketTest, DrainClosesSocketsAndWritesTheirStops) {
  WsClient client(gateway_->port());
  play(client);
  std::thread drain([&] { EXPECT_TRUE(gateway_->drain(std::chrono::seconds(10))); });
  EXPECT_EQ(client.read(), "");
  EXPECT_EQ(client.close_code(), 1001U);
  drain.join();
  EXPECT_EQ(count<Stop>(), 1U);
}

TEST_F(SocketTest, DrainDoesNotWaitForAClientThatDoesNotAnswer) {
  WsClient client(gateway_->port());
  play(client);
  EXPECT_TRUE(gateway_->drain(std::chrono::seconds(10)));
  EXPECT_EQ(count<Stop>(), 1U);
}

}  // namespace
}  // namespace paytick::ingest::testing
