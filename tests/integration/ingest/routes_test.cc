// Answers that are made later, elsewhere, or never; and streams of events.

#include <mutex>
#include <thread>

#include "gateway_fixture.h"
#include "raw_client.h"

namespace paytick::ingest::testing {
namespace {

constexpr std::string_view kAsk = "GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr std::string_view kWatch = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";

class RoutesTest : public GatewayTest {
 protected:
  // What came to /later and /events, for the test to answer.
  void take(const HttpRequest& request, Respond respond) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    answers_.push_back(std::move(respond));
  }
  void take_stream(std::shared_ptr<EventStream> stream) {
    const std::lock_guard lock(mutex_);
    stream->on_close([this] { ++closed_; });
    streams_.push_back(std::move(stream));
  }
  void start_with_routes() { start_with_routes(config()); }
  void start_with_routes(GatewayConfig config) {
    HttpRoutes routes;
    routes.add("GET", "/now", RunOn::loop, [](const auto&) { return HttpResponse{200, "now"}; });
    for (const char* method : {"GET", "POST"}) {
      routes.add_async(method, "/later", [this](const HttpRequest& request, Respond respond) {
        take(request, std::move(respond));
      });
    }
    routes.add_async("GET", "/never", [](const HttpRequest&, const Respond&) {});
    routes.add_async("GET", "/twice", [](const HttpRequest&, const Respond& respond) {
      respond({200, "first"});
      respond({200, "second"});
    });
    routes.add_stream("GET", "/events", [this](const HttpRequest&, std::shared_ptr<EventStream> stream) {
      take_stream(std::move(stream));
    });
    routes.add_stream("GET", "/forbidden", [](const HttpRequest&, const auto& stream) {
      stream->refuse({403, "no"});
    });
    start(std::move(config), std::move(routes));
  }
  std::optional<Respond> next_answer() {
    if (!eventually([this] { return asked() > 0; })) return std::nullopt;
    const std::lock_guard lock(mutex_);
    Respond respond = answers_.front();
    answers_.erase(answers_.begin());
    return respond;
  }
  std::shared_ptr<EventStream> next_stream() {
    eventually([this] {
      const std::lock_guard lock(mutex_);
      return !streams_.empty();
    });
    const std::lock_guard lock(mutex_);
    auto stream = streams_.at(0);
    streams_.erase(streams_.begin());
    return stream;
  }
  std::size_t asked() {
    const std::lock_guard lock(mutex_);
    return answers_.size();
  }
  bool forgotten() {
    return eventually([this] { return gateway_->stats().connections == 0; });
  }

  std::mutex mutex_;
  std::vector<HttpRequest> requests_;
  std::vector<Respond> answers_;
  std::vector<std::shared_ptr<EventStream>> streams_;
  std::atomic<int> closed_{0};
};

TEST_F(RoutesTest, AnAnswerMayComeLaterAndFromAnotherThread) {
  start_with_routes();
  RawClient client(gateway_->port());
  client.send(kAsk);
  const auto respond = next_answer();
  ASSERT_TRUE(respond);
  EXPECT_EQ(http("GET", "/now").body, "now");  // nobody waits for it
  std::thread([&] {
    (*respond)({201, "later", "text/plain", 0, {{"Location", "/x"}, {"Idempotent-Replayed", "true"}}});
  }).join();
  const std::string answer = client.read_until("later");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 201 ")) << answer;
  EXPECT_NE(answer.find("Location: /x\r\n"), answer.npos) << answer;
  EXPECT_NE(answer.find("Idempotent-Replayed: true\r\n"), answer.npos) << answer;
  client.send("GET /now HTTP/1.1\r\nHost: localhost\r\n\r\n");  // the connection goes on
  EXPECT_NE(client.read_until("\r\n\r\nnow").find("200 OK"), std::string::npos);
}

TEST_F(RoutesTest, AHandlerSeesTheHeadersThatAreKeptAndTheClientsAddress) {
  start_with_routes();
  RawClient client(gateway_->port());
  client.send(
      "POST /later?a=1 HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: k1\r\nAuthorization: Bearer b\r\n"
      "ORIGIN: http://localhost\r\nX-Other: 1\r\nContent-Length: 2\r\n\r\n{}");
  const auto respond = next_answer();
  ASSERT_TRUE(respond);
  const HttpRequest& request = requests_.at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/later");
  EXPECT_EQ(request.query, "a=1");
  EXPECT_EQ(request.body, "{}");
  EXPECT_EQ(request.authorization, "Bearer b");
  EXPECT_EQ(request.header("idempotency-key"), "k1");
  EXPECT_EQ(request.header("origin"), "http://localhost");
  EXPECT_EQ(request.header("stripe-signature"), "");
  EXPECT_EQ(request.header("x-other"), "");
  EXPECT_EQ(request.peer, "127.0.0.1");
  (*respond)({200, "done"});
  client.read_until("done");
}

TEST_F(RoutesTest, TheFirstAnswerCountsAndNoneIsAnError) {
  start_with_routes();
  EXPECT_EQ(http("GET", "/twice").body, "first");
  const Answer never = http("GET", "/never");
  EXPECT_EQ(never.status, 500U);
  EXPECT_TRUE(never.has(R"("code":"internal")")) << never.body;
}

TEST_F(RoutesTest, WhoIsNotAnsweredIsToldToTryAgain) {
  auto quick = config();
  quick.answer_timeout_s = quick.header_timeout_s = 1;  // a deadline is looked for where the last one was
  start_with_routes(quick);
  RawClient client(gateway_->port());
  client.send(kAsk);
  const std::string answer = client.read_until("}}");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_NE(answer.find(R"("code":"try_again")"), answer.npos) << answer;
  const auto respond = next_answer();
  ASSERT_TRUE(respond);
  (*respond)({200, "too late"});
  EXPECT_EQ(client.read_all(), "");
  EXPECT_TRUE(forgotten());
}

TEST_F(RoutesTest, AnAnswerToNobodyGoesNowhere) {
  start_with_routes();
  {
    RawClient client(gateway_->port());
    client.send(kAsk);
    eventually([this] { return asked() == 1; });
  }
  (*next_answer())({200, "gone"});
  EXPECT_TRUE(forgotten());
  RawClient client(gateway_->port());
  client.send(kAsk);
  const auto respond = next_answer();
  ASSERT_TRUE(respond);
  gateway_.reset();
  (*respond)({200, "no gateway"});
  EXPECT_EQ(client.read_all(), "");
}

TEST_F(RoutesTest, ADrainWaitsForAnswers) {
  start_with_routes();
  RawClient client(gateway_->port());
  client.send(kAsk);
  const auto respond = next_answer();
  ASSERT_TRUE(respond);
  std::thread drain([this] { EXPECT_TRUE(gateway_->drain(std::chrono::seconds(10))); });
  (*respond)({200, "at last"});
  EXPECT_NE(client.read_all().find("at last"), std::string::npos);
  drain.join();
}

TEST_F(RoutesTest, EventsReachTheClientInOrder) {
  start_with_routes();
  RawClient client(gateway_->port());
  client.send(kWatch);
  const auto stream = next_stream();
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n")) << head;
  EXPECT_NE(head.find("Content-Type: text/event-stream\r\n"), head.npos) << head;
  EXPECT_TRUE(stream->send(render_event("halt", "{}", "7")));
  EXPECT_TRUE(stream->send(render_event("note", "a\nb")));
  EXPECT_EQ(client.read_until("b\n\n"), "event: halt\nid: 7\ndata: {}\n\nevent: note\ndata: a\ndata: b\n\n");
  EXPECT_FALSE(stream->closed());
  EXPECT_EQ(gateway_->stats().connections, 1);
  stream->close("over");
  EXPECT_FALSE(stream->send("x"));
  EXPECT_EQ(client.read_all(), "event: close\ndata: {\"reason\":\"over\"}\n\n");
  EXPECT_EQ(closed_, 1);
  EXPECT_TRUE(forgotten());
}

TEST_F(RoutesTest, AStreamMayBeRefused) {
  start_with_routes();
  const Answer answer = http("GET", "/forbidden");
  EXPECT_EQ(answer.status, 403U);
  EXPECT_EQ(answer.body, "no");
}

TEST_F(RoutesTest, ASilentStreamSaysThatItIsThere) {
  auto quick = config();
  quick.keepalive_s = 1;
  start_with_routes(quick);
  RawClient client(gateway_->port());
  client.send(kWatch);
  client.read_until("\r\n\r\n");
  EXPECT_EQ(client.read_until("\n\n"), ": here\n\n");
  EXPECT_EQ(client.read_until("\n\n"), ": here\n\n");
}

TEST_F(RoutesTest, AStreamWhoseClientIsGoneIsClosed) {
  start_with_routes();
  std::shared_ptr<EventStream> stream;
  {
    RawClient client(gateway_->port());
    client.send(kWatch);
    stream = next_stream();
    client.read_until("\r\n\r\n");
  }
  EXPECT_TRUE(eventually([&] { return stream->closed(); }));
  EXPECT_EQ(closed_, 1);
  EXPECT_FALSE(stream->send("x"));
  EXPECT_TRUE(forgotten());
}

// Memory for one who does not read is bounded, and so is the time.
TEST_F(RoutesTest, AClientThatDoesNotReadIsClosed) {
  auto quick = config();
  quick.close_timeout_s = 1;
  start_with_routes(quick);
  RawClient client(gateway_->port());
  client.send(kWatch);
  const auto stream = next_stream();
  const std::string event = render_event("noise", std::string(8'000, 'x'));
  std::size_t sent = 0;
  while (stream->send(event)) ++sent;  // what the kernel takes, then EventStream::kUnsentBytesMax
  EXPECT_GE(sent * event.size(), EventStream::kUnsentBytesMax - event.size());
  EXPECT_TRUE(stream->closed());
  EXPECT_EQ(closed_, 1);
  EXPECT_TRUE(forgotten());
}

TEST_F(RoutesTest, ADrainClosesStreamsAndSaysSo) {
  start_with_routes();
  RawClient client(gateway_->port());
  client.send(kWatch);
  const auto stream = next_stream();
  client.read_until("\r\n\r\n");
  EXPECT_TRUE(gateway_->drain(std::chrono::seconds(10)));
  EXPECT_EQ(client.read_all(), "event: close\ndata: {\"reason\":\"draining\"}\n\n");
  EXPECT_TRUE(stream->closed());
  gateway_.reset();
  EXPECT_FALSE(stream->send("x"));
}

TEST_F(RoutesTest, PagesOfAllowedOriginsMayUseEveryMethodAndReadEvents) {
  start_with_routes();
  const std::vector<std::pair<std::string, std::string>> page{{"Origin", "http://localhost:5173"}};
  const Answer preflight = http("OPTIONS", "/later", "", page);
  EXPECT_EQ(preflight.status, 204U);
  EXPECT_EQ(preflight.header("Access-Control-Allow-Origin"), "http://localhost:5173");
  EXPECT_EQ(preflight.header("Access-Control-Allow-Methods"), "GET, POST, PUT, PATCH, DELETE, OPTIONS");
  EXPECT_EQ(preflight.header("Access-Control-Allow-Headers"),
            "Authorization, Content-Type, Idempotency-Key, Last-Event-ID");
  EXPECT_EQ(http("GET", "/now", "", page).header("Access-Control-Expose-Headers"),
            "Retry-After, WWW-Authenticate");
  RawClient client(gateway_->port());
  client.send("GET /events HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost:5173\r\n\r\n");
  EXPECT_NE(client.read_until("\r\n\r\n").find("Access-Control-Allow-Origin: http://localhost:5173\r\n"),
            std::string::npos);
}

}  // namespace
}  // namespace paytick::ingest::testing
