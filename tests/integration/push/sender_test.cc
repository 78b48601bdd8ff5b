// Webhooks against a real PostgreSQL and real endpoints.
#include <set>

#include "outbox_fixture.h"
#include "push/notice_json.h"
#include "push/webhook_sender.h"
#include "receiver.h"

namespace paytick::push {
namespace {

constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

class Sending : public OutboxTest {
 protected:
  SenderConfig config(const std::string& to, bool private_addresses = true) {
    SenderConfig made;
    made.database_url = url();
    made.webhooks = {target("shop", to)};
    made.webhooks[0].private_addresses = private_addresses;
    made.timeout = std::chrono::milliseconds(2'000);
    made.retry = {.first_ms = 20, .max_ms = 100, .attempts_max = 4};
    made.keeping = {
        .streams_ms = 0, .dead_ms = 1'000'000, .waiting_max = 1'000, .dead_max = 1'000, .webhooks = {"shop"}};
    return made;
  }
  static WebhookTarget target(const std::string& name, const std::string& to) {
    WebhookTarget made;
    made.name = name;
    made.url = to;
    made.secrets = *parse_webhook_secrets(kSecret);
    made.private_addresses = true;
    return made;
  }
  std::string left() { return ask("SELECT count(*) FROM deliveries"); }
  std::string dead() { return ask("SELECT count(*) FROM deliveries WHERE state = 2"); }
};

TEST_F(Sending, ANoticeArrivesSignedAndOnce) {
  Receiver receiver([](const Received&, int) { return 204U; });
  enqueue(1, 40, "shop");
  WebhookSender sender(config(receiver.url()), clock_, random_);
  sender.start();
  ASSERT_TRUE(soon([&] { return left() == "0"; }));
  sender.stop();
  EXPECT_EQ(receiver.times().size(), 40U);
  for (const Received& received : receiver.got()) {
    EXPECT_EQ(received.target, "/hook");
    EXPECT_EQ(received.signature, sign(*parse_webhook_secrets(kSecret), received.id,
                                       std::stoll(received.timestamp), received.body));
    EXPECT_LE(std::abs(std::stoll(received.timestamp) - clock_.now().ms / 1'000), 60);
    EXPECT_NE(received.body.find("\"id\":\"" + received.id + "\""), std::string::npos) << received.body;
    EXPECT_NE(received.body.find("\"type\":\"halt\""), std::string::npos) << received.body;
  }
  EXPECT_EQ(receiver.got().size(), 40U);
  EXPECT_LE(receiver.at_once_max(), 2);
  EXPECT_EQ(sender.status().delivered, 40U);
}

TEST_F(Sending, SendersOfTwoProcessesNeverSendTheSameNoticeAtOnce) {
  std::mutex mutex;
  std::set<std::string> with;  // the receiver now
  std::atomic<int> doubles{0};
  Receiver receiver([&](const Received& received, int) {
    {
      const std::lock_guard lock(mutex);
      if (!with.insert(received.id).second) ++doubles;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const std::lock_guard lock(mutex);
    with.erase(received.id);
    return 200U;
  });
  enqueue(1, 200, "shop");
  WebhookSender a(config(receiver.url()), clock_, random_), b(config(receiver.url()), clock_, random_);
  a.start();
  b.start();
  ASSERT_TRUE(soon([&] { return left() == "0"; }));
  EXPECT_EQ(doubles, 0);
  EXPECT_EQ(receiver.got().size(), 200U);
}

TEST_F(Sending, WhatFailsComesAgainUnderTheSameIdAndEndsAsADeadLetter) {
  Receiver receiver([](const Received& received, int n) {
    if (received.id.ends_with("1")) return n < 3 ? 404U : 200U;  // at the third attempt
    if (received.id.ends_with("2")) return 302U;                 // never, and redirects are not followed
    if (received.id.ends_with("3")) return 410U;                 // gone
    return 200U;
  });
  enqueue(1, 4, "shop");
  WebhookSender sender(config(receiver.url()), clock_, random_);
  sender.start();
  ASSERT_TRUE(soon([&] { return left() == "2" && dead() == "2"; })) << left() << " " << dead();
  auto times = receiver.times();
  EXPECT_EQ(times["00000000000000000000000000000001"], 3);
  EXPECT_EQ(times["00000000000000000000000000000002"], 4);
  EXPECT_EQ(times["00000000000000000000000000000003"], 1);
  EXPECT_EQ(times["00000000000000000000000000000004"], 1);
  for (const Received& received : receiver.got()) EXPECT_EQ(received.target, "/hook");
  EXPECT_EQ(sender.status().given_up, 2U);
  sender.stop();

  OutboxStore store(url());
  const auto letters = store.dead("shop", 10);
  ASSERT_TRUE(letters);
  ASSERT_EQ(letters->size(), 2U);
  for (const DeadLetter& letter : *letters)
    EXPECT_EQ(letter.error, letter.status == 302 ? "answered 302" : "answered 410");
  EXPECT_EQ(store.retry("shop", "00000000000000000000000000000002", clock_.now()).value_or(0), 1);
  EXPECT_EQ(store.retry("", "", clock_.now()).value_or(0), 1);
  EXPECT_EQ(dead(), "0");
}

TEST_F(Sending, AnEndpointThatHangsOrIsDownHoldsUpNobodyElse) {
  std::atomic<bool> release{false};
  Receiver hangs([&](const Received&, int) {
    soon([&] { return release.load(); });
    return 200U;
  });
  Receiver well([](const Received&, int) { return 200U; });
  SenderConfig two = config(hangs.url());
  two.timeout = std::chrono::milliseconds(300);
  two.threads = 3;
  two.webhooks.push_back(target("well", well.url()));
  two.webhooks.push_back(target("down", "http://127.0.0.1:1/"));
  two.keeping.webhooks = {"shop", "well", "down"};
  enqueue(1, 100, "shop");
  enqueue(101, 150, "down");
  enqueue(151, 350, "well");
  WebhookSender sender(std::move(two), clock_, random_);
  sender.start();
  EXPECT_TRUE(soon([&] { return ask("SELECT count(*) FROM deliveries WHERE webhook = 'well'") == "0"; }));
  EXPECT_LE(hangs.at_once_max(), 2);
  release = true;
  sender.stop();
  EXPECT_EQ(ask("SELECT count(*) FROM deliveries WHERE webhook = 'down' AND attempts > 0 AND error LIKE "
                "'Cannot reach%'") != "0",
            true);
}

TEST_F(Sending, OurOwnNetworkIsOutOfReachUnlessConfigured) {
  Receiver receiver([](const Received&, int) { return 200U; });
  for (const std::string& to :
       {receiver.url(), receiver.url("http", "localhost"), receiver.url("http", "[::ffff:127.0.0.1]")}) {
    WebhookTarget careful = target("shop", to);
    careful.private_addresses = false;
    std::string error;
    EXPECT_FALSE(Endpoint(careful, std::chrono::milliseconds(2'000))
                     .post(test_notice("a", clock_.now()), clock_.now(), error)
                     .ok());
    EXPECT_NE(error.find("no address that may be connected to"), std::string::npos) << to << ": " << error;
  }
  EXPECT_TRUE(receiver.got().empty());
}

TEST_F(Sending, ACertificateThatNobodyVouchesForIsRefused) {
  const std::string folder = testing::TempDir() + "paytick-tls-" + std::to_string(::getpid());
  std::filesystem::create_directories(folder);
  const std::string key = folder + "/key.pem", certificate = folder + "/cert.pem";
  // NOLINTBEGIN(concurrency-mt-unsafe): no other thread here starts programs or looks at variables meanwhile
  ASSERT_EQ(std::system(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
                         "-subj /CN=localhost"
                         " -addext subjectAltName=DNS:localhost -keyout " +
                         key + " -out " + certificate + " 2>/dev/null")
                            .c_str()),
            0);
  Receiver receiver([](const Received&, int) { return 200U; }, certificate, key);
  const auto attempt = [&](const char* host, std::string& error) {
    const WebhookTarget secure = target("shop", receiver.url("https", host));
    return Endpoint(secure, std::chrono::milliseconds(2'000))
        .post(test_notice("a", clock_.now()), clock_.now(), error);
  };
  std::string error;
  EXPECT_FALSE(attempt("localhost", error).ok());
  EXPECT_NE(error.find("certificate"), std::string::npos) << error;
  ::setenv("SSL_CERT_FILE", certificate.c_str(), 1);  // trusts it, as the system's list would
  error.clear();
  EXPECT_TRUE(attempt("localhost", error).ok()) << error;
  EXPECT_FALSE(attempt("127.0.0.1", error).ok());  // another's name
  ::unsetenv("SSL_CERT_FILE");
  // NOLINTEND(concurrency-mt-unsafe)
  std::filesystem::remove_all(folder);
}

TEST_F(Sending, WhatIsKeptIsBounded) {
  OutboxStore store(url());
  enqueue(1, 20, "shop");
  enqueue(21, 30, "gone");
  enqueue(31, 35);
  Keeping keeping{
      .streams_ms = 1'000'000, .dead_ms = 1'000'000, .waiting_max = 12, .dead_max = 5, .webhooks = {"shop"}};
  // Those of a webhook that is gone, and the eight oldest of the one that has too many.
  EXPECT_EQ(store.clean(keeping, clock_.now()).value_or(0), 18);
  EXPECT_EQ(ask("SELECT count(*) FROM deliveries WHERE webhook = 'shop' AND state = 0"), "12");
  EXPECT_EQ(ask("SELECT min(seq) FROM deliveries WHERE webhook = 'shop' AND state = 0"), "9");
  EXPECT_EQ(ask("SELECT count(*) FROM deliveries WHERE webhook = 'shop' AND state = 2"), "5");
  EXPECT_EQ(ask("SELECT count(*) FROM notices"), "35");
  keeping.streams_ms = -1'000'000;  // as if much time had passed
  ASSERT_TRUE(store.clean(keeping, clock_.now()));
  EXPECT_EQ(ask("SELECT count(*) FROM notices"), ask("SELECT count(DISTINCT seq) FROM deliveries"));
  keeping.dead_ms = -1'000'000;
  ASSERT_TRUE(store.clean(keeping, clock_.now()));
  EXPECT_EQ(ask("SELECT count(*) FROM deliveries WHERE state = 2"), "0");
  const auto counts = store.counts();
  ASSERT_TRUE(counts);
  ASSERT_EQ(counts->size(), 1U);
  EXPECT_EQ(counts->at(0).waiting, 12);
  EXPECT_GT(counts->at(0).oldest_ms, 0);
}

}  // namespace
}  // namespace paytick::push
