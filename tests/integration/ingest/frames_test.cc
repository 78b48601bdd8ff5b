// The socket as bytes: ordinary frames, which the gateway takes by itself, among those that Beast reads, in
// any order and cut anywhere.

#include "gateway_fixture.h"
#include "raw_client.h"

namespace paytick::ingest::testing {
namespace {

// The first byte is the frame's: final or not, and its opcode.
std::string frame(unsigned char first, std::string_view payload) {
  std::string bytes = client_frame(Opcode::text, payload);
  bytes[0] = static_cast<char>(first);
  return bytes;
}

class FramesTest : public GatewayTest {
 protected:
  void SetUp() override {
    start();
    fold();
    content_ = make_content();
    viewer_ = make_viewer();
  }
  std::string numbered(int seq, const std::string& more = {}) const {
    return ping(content_, viewer_.meter, R"(,"seq":)" + std::to_string(seq) + more);
  }
  static void connect(RawClient& client) {
    client.send(handshake());
    EXPECT_NE(client.read_until("\r\n\r\n").find("101"), std::string::npos);
  }
  static void expect_answer(RawClient& client, int seq) {
    EXPECT_NE(client.read_until(R"("seq":)" + std::to_string(seq) + "}").find("newBalance"),
              std::string::npos);
  }

  std::string content_;
  Viewer viewer_;
};

TEST_F(FramesTest, AllKindsInOneWriteAreAnsweredInOrder) {
  RawClient client(gateway_->port());
  connect(client);
  const std::string third = numbered(3);
  client.send(client_frame(Opcode::text, numbered(1)) + frame(0x89, "are you there") +
              client_frame(Opcode::text, numbered(2, R"(,"note":"Gr\u00fc\u00dfe, or plainly Grüße")")) +
              frame(0x01, third.substr(0, 20)) + frame(0x89, "still") + frame(0x80, third.substr(20)) +
              client_frame(Opcode::text, numbered(4)));
  client.read_until(
      "\x8a\x0d"
      "are you there");
  client.read_until(
      "\x8a\x05"
      "still");
  expect_answer(client, 4);
  client.send(client_frame(Opcode::text, numbered(5)));
  expect_answer(client, 5);
  EXPECT_EQ(count<Heartbeat>(), 5U);
}

TEST_F(FramesTest, CutAnywhereTheyAreTheSame) {
  const std::string bytes = client_frame(Opcode::text, numbered(1)) + client_frame(Opcode::pong, "") +
                            client_frame(Opcode::text, numbered(2));
  for (std::size_t at = 1; at < bytes.size(); at += 13) {
    RawClient client(gateway_->port());
    connect(client);
    client.send(bytes.substr(0, at));
    ASSERT_TRUE(eventually([&] { return gateway_->stats().connections >= 1; }));
    client.send(bytes.substr(at));
    expect_answer(client, 2);
  }
}

TEST_F(FramesTest, ACloseIsAnsweredWhateverCameBefore) {
  for (const std::string& before : {std::string(), frame(0x89, ""), client_frame(Opcode::text, "grüß"),
                                    client_frame(Opcode::text, numbered(1))}) {
    RawClient client(gateway_->port());
    connect(client);
    client.send(before + frame(0x88, "\x03\xe8"));
    EXPECT_NE(client.read_all().find("\x88\x02\x03\xe8"), std::string::npos);
  }
  EXPECT_TRUE(eventually([&] { return gateway_->stats().connections == 0; }));
}

TEST_F(FramesTest, WhatNoClientMaySendEndsTheConnection) {
  std::string unmasked = client_frame(Opcode::text, numbered(1));
  unmasked[1] = static_cast<char>(unmasked[1] & 0x7f);
  for (const std::string& wrong : {unmasked, frame(0xc1, "deflated"), frame(0x80, "nothing to continue"),
                                   frame(0x83, "reserved"), client_frame(Opcode::text, "\xff")}) {
    RawClient client(gateway_->port());
    connect(client);
    client.send(client_frame(Opcode::pong, "") + wrong);
    EXPECT_EQ(client.read_all().substr(0, 1), "\x88") << "a close frame";
  }
  EXPECT_TRUE(eventually([&] { return gateway_->stats().connections == 0; }));
}

TEST_F(FramesTest, WhoReadsNothingIsCutAndStops) {
  RawClient client(gateway_->port());
  connect(client);
  client.send(client_frame(Opcode::text, numbered(1)));
  expect_answer(client, 1);
  const std::string pings = [] {
    std::string many;
    for (int i = 0; i < 10'000; ++i) many += frame(0x89, std::string(100, 'p'));
    return many;
  }();
  std::thread sender([&] {
    for (int i = 0; i < 200 && gateway_->stats().connections > 0; ++i) client.send(pings);
  });
  EXPECT_TRUE(eventually([&] { return gateway_->stats().connections == 0; }));
  sender.join();
  EXPECT_TRUE(eventually([&] { return count<Stop>() == 1; }));
}

}  // namespace
}  // namespace paytick::ingest::testing
