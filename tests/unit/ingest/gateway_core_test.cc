#include "core_fixture.h"

namespace paytick::ingest {
namespace {

TEST_F(CoreTest, TheFirstPingOpensAndLaterOnesDoNot) {
  ping();
  now_ = now_ + 10'000;
  ping();
  const auto lines = flush();
  ASSERT_EQ(lines.size(), 3U);
  const auto& open = std::get<Open>(lines[0]);
  EXPECT_EQ(open.viewer, viewer_);
  EXPECT_EQ(open.plan, content_.plan);
  EXPECT_EQ(open.at, kStart);
  EXPECT_EQ(open.attachment.bytes.back(), 6) << "the lane's number";
  const auto beats = only<Heartbeat>(lines);
  EXPECT_EQ(beats[0].seq, 1U);
  EXPECT_EQ(beats[1].seq, 2U);
  EXPECT_EQ(beats[1].at, kStart + 10'000);
}

TEST_F(CoreTest, ALineIsAnsweredOnlyByItsReply) {
  ping(R"(,"seq":5)");
  const auto beats = only<Heartbeat>(flush());
  EXPECT_EQ(sent(), 0U);
  core_.on_reply(reply_to(beats[0]), now_);
  EXPECT_NE(last().find(R"("type":"tick")"), std::string::npos);
  EXPECT_NE(last().find(R"("seq":5)"), std::string::npos);
}

TEST_F(CoreTest, ALostReplyIsCoveredByTheNext) {
  ping(R"(,"seq":1)");
  ping(R"(,"seq":2)");
  const auto beats = only<Heartbeat>(flush());
  core_.on_reply(reply_to(beats[1]), now_);
  EXPECT_EQ(sent(), 1U);
  EXPECT_NE(last().find(R"("seq":2)"), std::string::npos);
  core_.on_reply(reply_to(beats[0]), now_);
  EXPECT_EQ(last().find(R"("seq":1)"), std::string::npos);
}

TEST_F(CoreTest, AClosedSessionIsOpenedAnewOnceUnderAPing) {
  ping();
  auto reply = reply_to(only<Heartbeat>(flush())[0]);
  core_.on_reply(reply, now_);
  ping();
  reply = reply_to(only<Heartbeat>(flush())[0]);
  reply.refused = "unknown_attachment";
  core_.on_reply(reply, now_);
  const auto again = flush();
  ASSERT_EQ(only<Open>(again).size(), 1U);
  EXPECT_NE(only<Open>(again)[0].attachment, reply.attachment);
  EXPECT_TRUE(only<Stop>(again).empty());
  reply = reply_to(only<Heartbeat>(again)[0]);
  reply.refused = "unknown_attachment";
  core_.on_reply(reply, now_);
  EXPECT_TRUE(only<Open>(flush()).empty()) << "not for ever";
  EXPECT_EQ(last_code(), "session_closed");
  ping();
  EXPECT_EQ(only<Open>(flush()).size(), 1U) << "the next ping starts anew";
}

TEST_F(CoreTest, AnIdleCloseIsSilentUntilTheNextPing) {
  ping();
  auto reply = reply_to(only<Heartbeat>(flush())[0]);
  core_.on_reply(reply, now_);
  reply.seq = 0;
  reply.closed = true;
  core_.on_reply(reply, now_);
  EXPECT_EQ(sent(), 1U);
  content_.plan.price_per_tick = Amount(20'000);
  content_.plan.id = derive_plan_id(content_.plan);
  catalog_.apply(content_);
  ping();
  EXPECT_EQ(last_code(), "price_changed") << "the viewer has seen the old price";
  ping();
  EXPECT_EQ(only<Open>(flush())[0].plan, content_.plan);
}

TEST_F(CoreTest, ARefusedOpenAnswersItsPing) {
  ping(R"(,"seq":3)");
  const auto lines = flush();
  Reply reply;
  reply.attachment = only<Open>(lines)[0].attachment;
  reply.refused = "foreign_meter";
  core_.on_reply(reply, now_);
  EXPECT_EQ(last_code(), "foreign_contract");
  EXPECT_NE(last().find(R"("seq":3)"), std::string::npos);
  auto second = reply_to(only<Heartbeat>(lines)[0]);
  second.refused = "unknown_attachment";
  core_.on_reply(second, now_);
  EXPECT_EQ(sent(), 1U) << "told once";
}

TEST_F(CoreTest, AHaltWithoutAPingIsToldOnce) {
  ping();
  auto reply = reply_to(only<Heartbeat>(flush())[0]);
  core_.on_reply(reply, now_);
  reply.seq = 0;
  reply.halt = HaltReason::paused;
  core_.on_reply(reply, now_);
  core_.on_reply(reply, now_);
  EXPECT_EQ(sent(), 2U);
  EXPECT_EQ(last_code(), "paused");
}

TEST_F(CoreTest, AFailedAppendIsToldAndTheNextPingOpensAgain) {
  ping();
  flush(fail("log_full", "full", Next::retry));
  EXPECT_EQ(last_code(), "log_full");
  ping();
  EXPECT_EQ(only<Open>(flush(fail("in_doubt", "?", Next::in_doubt))).size(), 1U);
  EXPECT_EQ(last_code(), "try_again");
  core_.on_close(kConn, now_);
  EXPECT_EQ(only<Stop>(flush(fail("log_full", "full"))).size(), 1U);
  EXPECT_TRUE(core_.idle());
  core_.on_tick(now_);
  EXPECT_EQ(only<Stop>(flush()).size(), 1U) << "a stop is not lost";
}

TEST_F(CoreTest, BackPressureRefusesPingsAndHoldsBatchesBack) {
  const std::string note(kBatchBytesFull, 'x');
  core_.add_record({{log::Topic::catalog, PartitionId{0}}, now_, "k", note});
  ping();
  EXPECT_EQ(last_code(), "try_again");
  const RunId run = core_.begin_batch(platform_, "{}\n");
  EXPECT_EQ(core_.step_batch(run, 10, now_), BatchDesk::Progress::wait);
  auto batch = core_.take_batch(now_);
  core_.on_appended(batch->id, {});
  EXPECT_EQ(core_.step_batch(run, 10, now_), BatchDesk::Progress::parsed);
  EXPECT_NE(answers_.find("missing_field"), std::string::npos);
}

TEST_F(CoreTest, ABatchAcrossSeveralAppendsIsAnsweredLineByLine) {
  std::string body;
  for (const char* name : {"one", "two", "three"}) {
    body += std::string(R"({"type":"open","session":")") + name + R"(","attachment":"a","viewer":")" +
            to_text(viewer_) + R"(","meter":")" + to_text(meter_) + R"(","content":")" +
            to_text(content_.id) + R"(","at":1800000000000})" + "\r\n\n";
  }
  const RunId run = core_.begin_batch(platform_, body);
  core_.step_batch(run, 2, now_);  // a line and an empty one
  auto first = core_.take_batch(now_);
  core_.step_batch(run, 2, now_);  // a line and an empty one
  core_.on_appended(first->id, {});
  auto second = core_.take_batch(now_);
  EXPECT_EQ(core_.step_batch(run, 9, now_), BatchDesk::Progress::parsed);
  core_.on_appended(second->id, fail("log_full", "full"));
  EXPECT_EQ(answers_, "");
  flush();
  EXPECT_EQ(answers_.substr(0, 31), "{\"line\":1,\"status\":\"accepted\"}\n");
  EXPECT_NE(answers_.find(R"({"line":2,"status":"refused","code":"log_full")"), std::string::npos);
  EXPECT_NE(answers_.find(R"({"line":3,"status":"accepted"})"), std::string::npos);
}

TEST_F(CoreTest, AFailedAppendIsToldToThePingThatWasInItAndToNoOther) {
  ping(R"(,"seq":1)");
  const auto first = only<Heartbeat>(flush());  // in the log, and not answered yet
  ping(R"(,"seq":2)");
  flush(fail("in_doubt", "who knows"));
  EXPECT_EQ(last_code(), "try_again");
  EXPECT_NE(last().find(R"("seq":2)"), std::string::npos) << last();
  core_.on_reply(reply_to(first.at(0)), now_);
  EXPECT_NE(last().find(R"("type":"tick")"), std::string::npos) << last();
  EXPECT_NE(last().find(R"("seq":1)"), std::string::npos) << last();
}

TEST_F(CoreTest, WhileTheLogDoesNotAnswerPingsAreToldToTryAgainAndLaterTaken) {
  ping(R"(,"seq":1)");
  auto batch = core_.take_batch(now_);
  ASSERT_TRUE(batch);
  now_ = now_ + 5'000;
  ping(R"(,"seq":2)");
  EXPECT_EQ(sent(), 0U) << "patience";
  EXPECT_FALSE(core_.stalled(now_));
  now_ = now_ + 1;
  EXPECT_TRUE(core_.stalled(now_));
  for (int seq = 3; seq < 50; ++seq) ping(R"(,"seq":)" + std::to_string(seq));
  EXPECT_EQ(sent(), 47U);
  EXPECT_EQ(last_code(), "try_again");
  core_.on_appended(batch->id, {});
  EXPECT_FALSE(core_.stalled(now_));
  EXPECT_EQ(only<Heartbeat>(flush()).size(), 1U) << "the second ping waited for its turn";
  ping(R"(,"seq":50)");
  EXPECT_EQ(only<Heartbeat>(flush()).size(), 1U);
  EXPECT_EQ(sent(), 47U);
}

}  // namespace
}  // namespace paytick::ingest
