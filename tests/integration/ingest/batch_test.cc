// POST /v1/heartbeats over real connections.

#include <sstream>

#include "gateway_fixture.h"

namespace paytick::ingest::testing {
namespace {

class BatchTest : public GatewayTest {
 protected:
  void SetUp() override {
    start();
    fold();
    content_ = make_content();
    viewer_ = make_viewer();
    now_ = clock_.now().ms;
  }

  std::string open(const std::string& session, const std::string& attachment) const {
    return open(session, attachment, viewer_.id, viewer_.meter, content_);
  }
  std::string open(const std::string& session, const std::string& attachment, const ViewerId& viewer,
                   const MeterId& meter, const std::string& content) const {
    return R"({"type":"open","session":")" + session + R"(","attachment":")" + attachment +
           R"(","viewer":")" + to_text(viewer) + R"(","meter":")" + to_text(meter) + R"(","content":")" +
           content + R"(","at":)" + std::to_string(now_) + "}\n";
  }
  static std::string line(const std::string& type, const std::string& session, const std::string& attachment,
                          std::int64_t at) {
    return R"({"type":")" + type + R"(","session":")" + session + R"(","attachment":")" + attachment +
           R"(","seq":1,"at":)" + std::to_string(at) + "}\n";
  }
  std::vector<std::string> send(const std::string& body) {
    const Answer answer = post("/v1/heartbeats", body);
    EXPECT_EQ(answer.status, 200U) << answer.body;
    std::vector<std::string> lines;
    std::istringstream in(answer.body);
    for (std::string one; std::getline(in, one);) lines.push_back(one);
    return lines;
  }
  static std::string code(const std::string& answer) {
    const auto at = answer.find(R"("code":")");
    return at == answer.npos ? "" : answer.substr(at + 8, answer.find('"', at + 8) - at - 8);
  }
  static std::string accepted(int line) {
    return R"({"line":)" + std::to_string(line) + R"(,"status":"accepted"})";
  }

  std::string content_;
  Viewer viewer_;
  std::int64_t now_ = 0;
};

TEST_F(BatchTest, AnswersEachLineInOrder) {
  const auto answers = send(open("s", "a") + line("heartbeat", "s", "a", now_) + "nonsense\n" +
                            line("heartbeat", "s", "other", now_) + line("stop", "s", "a", now_));
  ASSERT_EQ(answers.size(), 5U);
  EXPECT_EQ(answers[0], accepted(1));
  EXPECT_EQ(answers[1], accepted(2));
  EXPECT_EQ(code(answers[2]), "malformed_json");
  EXPECT_EQ(code(answers[3]), "unknown_session");
  EXPECT_EQ(answers[4], accepted(5));
  // Accepted means that the log has it.
  EXPECT_EQ(count<Open>(), 1U);
  EXPECT_EQ(count<Heartbeat>(), 1U);
  EXPECT_EQ(count<Stop>(), 1U);
}

TEST_F(BatchTest, AShuffledBatchCostsTheSame) {
  std::string body = open("s", "a");
  for (const int second : {7, 0, 3, 1, 2, 9, 8, 5, 6, 4, 4, 0}) {
    body += line("heartbeat", "s", "a", now_ - 0 + second * 400);
  }
  for (const auto& answer : send(body)) EXPECT_EQ(code(answer), "") << answer;
  ASSERT_TRUE(eventually([&] { return folds_->sessions().size() == 1 && folds_->sessions()[0].ticks == 4; }));
  EXPECT_EQ(folds_->rejected(), 0U);
}

TEST_F(BatchTest, RefusesWithStableCodes) {
  const Viewer other = make_viewer();
  MeterId unknown;
  unknown.bytes.fill(222);
  const auto answers =
      send(open("s", "a", viewer_.id, unknown, content_) + open("s", "a", viewer_.id, other.meter, content_) +
           open("s", "a", viewer_.id, viewer_.meter, "AAAAAAAAAAAAAAAAAAAAAA") +
           line("heartbeat", "s", "a", now_) + line("heartbeat", "s", "a", -1) +
           line("heartbeat", "s", "a", now_ + 3'600'000) + line("dance", "s", "a", now_) +
           R"({"type":"heartbeat"})" + "\n" + std::string(5'000, ' ') + "\n" +
           line("heartbeat", std::string(200, 's'), "a", now_) + "{\"a\":\"\xff\"}\n" +
           R"({"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":{"i":1}}}}}}}}})" + "\n" + open("s", "a") +
           open("s", "b", other.id, other.meter, content_) + line("stop", "s", "a", now_) +
           line("heartbeat", "s", "a", now_) + open("s", "a"));
  const std::vector<std::string> expected = {"unknown_contract",
                                             "foreign_contract",
                                             "unknown_content",
                                             "unknown_session",
                                             "bad_time",
                                             "bad_time",
                                             "unknown_type",
                                             "missing_field",
                                             "too_large",
                                             "bad_field",
                                             "bad_utf8",
                                             "too_deep",
                                             "",
                                             "session_conflict",
                                             "",
                                             "session_closed",
                                             "session_closed"};
  ASSERT_EQ(answers.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(code(answers[i]), expected[i]) << answers[i];
}

TEST_F(BatchTest, NeedsTheKey) {
  EXPECT_EQ(http("POST", "/v1/heartbeats", open("s", "a")).status, 401U);
  EXPECT_EQ(http("GET", "/v1/heartbeats").status, 401U);
}

TEST_F(BatchTest, AnotherAttachmentOfASessionContinuesIt) {
  send(open("s", "a") + line("heartbeat", "s", "a", now_) + line("stop", "s", "a", now_ + 10));
  send(open("s", "b") + line("heartbeat", "s", "b", now_ + 20));
  ASSERT_TRUE(eventually([&] { return folds_->attachments().size() == 1; }));
  EXPECT_EQ(folds_->sessions().size(), 1U);
  EXPECT_EQ(folds_->rejected(), 0U);
}

TEST_F(BatchTest, WhatTheLogRefusesIsToldAndUndone) {
  log_.fail_next(log::Fault::full);
  const auto first = send(open("s", "a") + line("heartbeat", "s", "a", now_));
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(code(first[0]), "log_full");
  EXPECT_EQ(code(first[1]), "log_full");
  EXPECT_EQ(code(send(line("heartbeat", "s", "a", now_))[0]), "unknown_session");
  log_.fail_next(log::Fault::in_doubt_applied);
  EXPECT_EQ(code(send(open("s", "a"))[0]), "try_again");
  const auto again = send(open("s", "a") + line("heartbeat", "s", "a", now_));
  EXPECT_EQ(again[0], accepted(1));
  EXPECT_EQ(again[1], accepted(2));
  ASSERT_TRUE(eventually([&] { return folds_->sessions().size() == 1 && folds_->sessions()[0].ticks == 1; }));
}

TEST_F(BatchTest, AHeartbeatOnASessionThatTheFoldClosedIsRefused) {
  send(open("s", "a") + line("heartbeat", "s", "a", now_));
  clock_.advance(120'000);
  std::vector<log::NewRecord> clocks;
  for (std::uint32_t p = 0; p < log_.partitions(); ++p) {
    log::NewRecord record{{log::Topic::heartbeats, PartitionId{p}}, clock_.now(), {}, {}};
    codec::write(Input{Clock{}}, record.value);
    clocks.push_back(record);
  }
  ASSERT_TRUE(log_.append(clocks));
  EXPECT_TRUE(eventually(
      [&] { return code(send(line("heartbeat", "s", "a", clock_.now().ms))[0]) == "session_closed"; }));
}

TEST_F(BatchTest, ARestartedGatewayKnowsTheSessionsOfTheFold) {
  send(open("s", "a") + line("heartbeat", "s", "a", now_));
  ASSERT_TRUE(eventually([&] { return folds_->attachments().size() == 1; }));
  const auto attachments = folds_->attachments();
  folds_.reset();
  gateway_.reset();
  auto second = config();
  second.boot = 2;
  start(second);
  for (const auto& a : attachments) gateway_->sessions().restore(a.viewer, a.session, a.attachment);
  const auto answers = send(line("heartbeat", "s", "a", now_ + 1'000) + line("heartbeat", "s", "b", now_) +
                            line("heartbeat", "t", "a", now_));
  EXPECT_EQ(answers[0], accepted(1));
  EXPECT_EQ(code(answers[1]), "unknown_session");
  EXPECT_EQ(code(answers[2]), "unknown_session");
  fold();
  ASSERT_TRUE(eventually([&] { return folds_->sessions().size() == 1 && folds_->sessions()[0].ticks == 2; }));
}

TEST_F(BatchTest, ARestartedGatewayKnowsWhatWasAcceptedAndNotFoldedYet) {
  folds_.reset();
  std::vector<Offset> folded;
  for (std::uint32_t p = 0; p < log_.partitions(); ++p) {
    folded.push_back(log_.range({log::Topic::heartbeats, PartitionId{p}})->end);
  }
  send(open("s", "a") + line("heartbeat", "s", "a", now_));
  gateway_.reset();
  auto second = config();
  second.boot = 2;
  second.inputs_from = folded;
  start(second);
  const auto answers = send(line("heartbeat", "s", "a", now_ + 1'000) + line("heartbeat", "s", "b", now_));
  EXPECT_EQ(answers[0], accepted(1)) << "its open was accepted";
  EXPECT_EQ(code(answers[1]), "unknown_session");
  fold();
  ASSERT_TRUE(eventually([&] { return folds_->sessions().size() == 1 && folds_->sessions()[0].ticks == 2; }));
}

// A balancer gives each request to any gateway.
TEST_F(BatchTest, ASessionMayBeToldThroughSeveralGateways) {
  folds_ = std::make_unique<FoldRunner>(log_, [](std::span<const Reply>) {});  // nobody waits for answers
  auto one = config();
  one.inputs_from.resize(log_.partitions());
  one.gateway.bytes.fill(8);
  start(one);
  auto other = std::move(gateway_);
  one.gateway.bytes.fill(9);
  start(one);
  const auto turn = [&] { std::swap(gateway_, other); };
  EXPECT_EQ(send(open("s", "a") + line("heartbeat", "s", "a", now_))[0], accepted(1));
  turn();
  EXPECT_TRUE(eventually([&] { return send(line("heartbeat", "s", "a", now_ + 1'000))[0] == accepted(1); }));
  ASSERT_TRUE(eventually([&] { return folds_->sessions().size() == 1 && folds_->sessions()[0].ticks == 2; }));
  EXPECT_EQ(send(open("s", "a"))[0], accepted(1)) << "which changes nothing";
  EXPECT_EQ(send(open("t", "b") + line("stop", "t", "b", now_))[1], accepted(2));
  turn();
  EXPECT_TRUE(
      eventually([&] { return code(send(line("heartbeat", "t", "b", now_))[0]) == "session_closed"; }));
  EXPECT_EQ(code(send(open("t", "b"))[0]), "session_closed");
  EXPECT_EQ(folds_->sessions()[0].ticks, 2U);
  EXPECT_EQ(folds_->rejected(), 0U);
}

TEST_F(BatchTest, TakesLargeAndChunkedBodies) {
  std::string body = open("s", "a");
  while (body.size() < 4'000'000) body += line("heartbeat", "s", "a", now_);
  const auto answers = send(body);
  EXPECT_EQ(code(answers.front()), "");
  EXPECT_EQ(code(answers.back()), "");
  EXPECT_EQ(count<Heartbeat>(), answers.size() - 1);

  const std::string chunk = line("heartbeat", "s", "a", now_);
  std::ostringstream raw;
  raw << "POST /v1/heartbeats HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer "
      << kApiKey << "\r\nTransfer-Encoding: chunked\r\n\r\n"
      << std::hex << chunk.size() << "\r\n"
      << chunk << "\r\n0\r\n\r\n";
  EXPECT_NE(raw_exchange(gateway_->port(), raw.str()).find(accepted(1)), std::string::npos);
}

}  // namespace
}  // namespace paytick::ingest::testing
