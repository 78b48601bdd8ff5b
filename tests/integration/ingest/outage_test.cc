// A log that does not answer, or answers that nobody knows: the gateway says so, to clients and to whoever
// asks whether it is ready; it holds little, forgets nothing that it acknowledged, and goes on by itself.

#include <condition_variable>
#include <mutex>

#include "gateway_fixture.h"
#include "log/forwarding_log.h"

namespace paytick::ingest::testing {
namespace {

// The memory log behind a gate that appends wait at.
class GatedLog final : public log::ForwardingLog {
 public:
  explicit GatedLog(log::EventLog& log) : ForwardingLog(log) {}

  void close_gate() { set(false); }
  void open_gate() { set(true); }

  Result<std::vector<Offset>> append(std::span<const log::NewRecord> records) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
    lock.unlock();
    return ForwardingLog::append(records);
  }

 private:
  void set(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
};

class OutageTest : public GatewayTest {
 protected:
  void SetUp() override {
    auto impatient = config();
    impatient.append_patience_ms = 20;
    auto made = Gateway::create(impatient, {gate_, clock_, random_}, {});
    ASSERT_TRUE(made) << made.error().message;
    gateway_ = std::move(*made);
    ASSERT_TRUE(gateway_->start());
    fold();
    content_ = make_content(60'000);
    viewer_ = make_viewer();
  }
  void TearDown() override {
    gate_.open_gate();
    GatewayTest::TearDown();
  }
  std::string play(WsClient& client, int seq) {
    return client.ask(ping(content_, viewer_.meter, R"(,"seq":)" + std::to_string(seq)));
  }
  std::string batch_lines() const {
    const std::string names = R"("session":"s","attachment":"a","at":)" + std::to_string(now());
    return R"({"type":"open","viewer":")" + to_text(viewer_.id) + R"(","meter":")" + to_text(viewer_.meter) +
           R"(","content":")" + content_ + R"(",)" + names + "}\n" + R"({"type":"heartbeat","seq":1,)" +
           names + "}\n";
  }
  std::int64_t now() const { return const_cast<TestClock&>(clock_).now().ms; }

  GatedLog gate_{log_};
  std::string content_;
  Viewer viewer_;
};

TEST_F(OutageTest, ALogThatDoesNotAnswerIsToldAndPassesWithoutAReconnect) {
  WsClient client(gateway_->port());
  ASSERT_NE(play(client, 1).find("newBalance"), std::string::npos);
  EXPECT_FALSE(gateway_->trouble());
  const std::size_t before = count<Heartbeat>();

  gate_.close_gate();
  client.send(ping(content_, viewer_.meter, R"(,"seq":2)"));  // the one that is under way
  ASSERT_TRUE(eventually([&] { return gateway_->trouble().has_value(); }));
  EXPECT_EQ(gateway_->trouble()->code, "log_stalled");
  std::string answer = play(client, 3);
  EXPECT_NE(answer.find(R"("code":"try_again")"), std::string::npos) << answer;
  EXPECT_NE(answer.find(R"("seq":3)"), std::string::npos) << answer;
  const Answer refused = post("/v1/heartbeats", batch_lines());
  EXPECT_EQ(refused.status, 503U) << refused.body;
  EXPECT_EQ(refused.header("Retry-After"), "1");

  gate_.open_gate();
  answer = client.read();
  EXPECT_NE(answer.find(R"("seq":2)"), std::string::npos) << answer;
  EXPECT_NE(answer.find("newBalance"), std::string::npos) << answer;
  EXPECT_NE(play(client, 4).find("newBalance"), std::string::npos);
  EXPECT_EQ(post("/v1/heartbeats", batch_lines()).status, 200U);
  EXPECT_TRUE(eventually([&] { return !gateway_->trouble(); }));
  EXPECT_EQ(count<Heartbeat>() - before, 3U) << "two pings and a line, no more";
}

TEST_F(OutageTest, AppendsInDoubtAreToldLineByLineAndRetriedForNothing) {
  WsClient client(gateway_->port());
  ASSERT_NE(play(client, 1).find("newBalance"), std::string::npos);
  bool applied = false;  // in turn: in doubt and written, in doubt and not
  log_.set_fault_source([&](log::Write) {
    applied = !applied;
    return applied ? log::Fault::in_doubt_applied : log::Fault::in_doubt_dropped;
  });
  for (int seq = 2; seq < 8; ++seq) {
    client.send(ping(content_, viewer_.meter, R"(,"seq":)" + std::to_string(seq)));
    std::string answer;
    do {
      answer = client.read();  // among the answers to what was written after all
    } while (answer.find(R"("type":"tick")") != std::string::npos);
    EXPECT_NE(answer.find(R"("code":"try_again")"), std::string::npos) << answer;
    EXPECT_NE(answer.find(R"("seq":)" + std::to_string(seq)), std::string::npos) << answer;
  }
  EXPECT_TRUE(eventually([&] { return gateway_->trouble().has_value(); }));
  EXPECT_EQ(gateway_->trouble()->code, "in_doubt");
  for (int i = 0; i < 2; ++i) {
    const Answer answer = post("/v1/heartbeats", batch_lines());
    EXPECT_TRUE(answer.has(R"({"line":1,"status":"refused","code":"try_again")")) << answer.body;
    EXPECT_TRUE(answer.has(R"({"line":2,"status":"refused","code":"try_again")")) << answer.body;
  }

  log_.set_fault_source({});
  const Answer answer = post("/v1/heartbeats", batch_lines());
  EXPECT_EQ(answer.body, "{\"line\":1,\"status\":\"accepted\"}\n{\"line\":2,\"status\":\"accepted\"}\n");
  client.send(ping(content_, viewer_.meter, R"(,"seq":9)"));
  std::string last;
  do {
    last = client.read();
  } while (last.find(R"("seq":9)") == std::string::npos);
  EXPECT_NE(last.find("newBalance"), std::string::npos) << last;
  EXPECT_TRUE(eventually([&] { return !gateway_->trouble(); }));
  // A socket's session and the batch's: whatever was written twice was billed once.
  ASSERT_TRUE(eventually([&] { return folds_->sessions().size() == 2; }));
  for (const auto& session : folds_->sessions()) EXPECT_EQ(session.ticks, 1);
}

}  // namespace
}  // namespace paytick::ingest::testing
