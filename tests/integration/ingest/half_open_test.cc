// Clients that begin something and fall silent: each is told why, closed and forgotten, and costs nobody
// anything. Time is the gateway's settings: a second each.

#include "gateway_fixture.h"
#include "raw_client.h"

namespace paytick::ingest::testing {
namespace {

class HalfOpenTest : public GatewayTest {
 protected:
  void SetUp() override {
    auto quick = config();
    quick.header_timeout_s = quick.body_timeout_s = 1;
    quick.keepalive_s = quick.pong_timeout_s = quick.close_timeout_s = 1;
    start(quick);
    fold();
  }
  static std::string batch_head(std::size_t bytes) {
    return "POST /v1/heartbeats HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
           std::string(kApiKey) + "\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n";
  }
  void expect_forgotten() {
    EXPECT_TRUE(eventually([&] { return gateway_->stats().connections == 0; }));
  }
};

TEST_F(HalfOpenTest, AConnectionThatSaysNothingIsClosed) {
  RawClient client(gateway_->port());
  EXPECT_EQ(client.read_all(), "");
  expect_forgotten();
}

TEST_F(HalfOpenTest, ARequestThatDoesNotEndIsToldSoAndClosed) {
  for (const std::string& begun : {std::string("G"), std::string("GET / HT"), handshake(false),
                                   batch_head(100).substr(0, 60), batch_head(100), batch_head(100) + "{"}) {
    RawClient client(gateway_->port());
    client.send(begun);
    const std::string answer = client.read_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << begun << "\n" << answer;
    EXPECT_NE(answer.find(R"("code":"timeout")"), answer.npos) << answer;
  }
  expect_forgotten();
}

TEST_F(HalfOpenTest, ARequestAfterAnotherHasItsOwnTime) {
  RawClient client(gateway_->port());
  client.send("GET /api/content HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_NE(client.read_until("\"next\":null}").find("200 OK"), std::string::npos);
  client.send("GET /api");
  EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 408 "));
  expect_forgotten();
}

// What comes after the answer goes nowhere: neither into a request nor into memory that is somebody else's.
TEST_F(HalfOpenTest, TheRestOfALateRequestIsDropped) {
  for (const std::string& begun : {std::string("POST /v1/heart"), batch_head(100'000) + "{"}) {
    RawClient client(gateway_->port());
    client.send(begun);
    client.read_until("408 ");
    client.send(std::string(100'000, 'x'));
    client.end_sending();
    client.read_all();
  }
  expect_forgotten();
  EXPECT_EQ(http("GET", "/api/content").status, 200U);
}

TEST_F(HalfOpenTest, ASilentSocketIsAskedThenToldAndClosedAndItsSessionStops) {
  const std::string content = make_content();
  const Viewer viewer = make_viewer();
  RawClient client(gateway_->port());
  client.send(handshake());
  EXPECT_NE(client.read_until("\r\n\r\n").find("101"), std::string::npos);
  client.send(client_frame(Opcode::text, ping(content, viewer.meter)));
  EXPECT_NE(client.read_until("}").find("newBalance"), std::string::npos);
  client.read_until(kPingFrame);
  EXPECT_EQ(client.read_all(), kTimeoutFrame);
  expect_forgotten();
  EXPECT_EQ(count<Stop>(), 1U);
}

TEST_F(HalfOpenTest, ASocketThatNeverPlaysIsClosedToo) {
  RawClient client(gateway_->port());
  client.send(handshake());
  client.read_until(kPingFrame);
  EXPECT_EQ(client.read_all(), kTimeoutFrame);
  expect_forgotten();
  EXPECT_TRUE(inputs().size() == log_.partitions()) << "nothing but the gateway's own lines";
}

TEST_F(HalfOpenTest, ASocketThatAnswersStaysOpen) {
  const std::string content = make_content();
  const Viewer viewer = make_viewer();
  RawClient client(gateway_->port());
  client.send(handshake());
  for (int i = 0; i < 3; ++i) {  // longer than silence is borne
    client.read_until(kPingFrame);
    client.send(client_frame(Opcode::pong, ""));
  }
  client.send(client_frame(Opcode::text, ping(content, viewer.meter)));
  EXPECT_NE(client.read_until("}").find("newBalance"), std::string::npos);
}

}  // namespace
}  // namespace paytick::ingest::testing
