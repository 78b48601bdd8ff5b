// Where an append has a price of its own, appends begin so far apart at least; who comes after a silence does
// not wait.

#include "gateway_fixture.h"

namespace paytick::ingest::testing {
namespace {

class AppendIntervalTest : public GatewayTest {
 protected:
  void start_with(std::chrono::milliseconds interval) {
    auto gathering = config();
    gathering.append_interval_ms = interval.count();
    start(gathering);
    fold();
  }
};

TEST_F(AppendIntervalTest, AppendsBeginThatFarApart) {
  constexpr std::chrono::milliseconds kInterval{100};
  constexpr int kPings = 5;
  start_with(kInterval);
  const std::string content = make_content(60'000);
  const Viewer viewer = make_viewer();
  WsClient client(gateway_->port());
  const auto begin = std::chrono::steady_clock::now();
  for (int seq = 1; seq <= kPings; ++seq) {
    const std::string answer = client.ask(ping(content, viewer.meter, R"(,"seq":)" + std::to_string(seq)));
    EXPECT_NE(answer.find(R"("seq":)" + std::to_string(seq)), std::string::npos) << answer;
  }
  // Each was answered before the next was sent, so each had an append of its own.
  EXPECT_GE(std::chrono::steady_clock::now() - begin, (kPings - 1) * kInterval);
}

TEST_F(AppendIntervalTest, TheFirstAfterASilenceDoesNotWait) {
  start_with(std::chrono::hours(1));
  EXPECT_FALSE(make_content().empty()) << "it is answered when it is written";
}

}  // namespace
}  // namespace paytick::ingest::testing
