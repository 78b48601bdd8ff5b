// What gateways agree on about logins, on a PostgreSQL of its own; and what the memory of one process says to
// the same questions.

#include "app/logins/postgres_logins.h"

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "app/dev/private_postgres.h"
#include "ingest/auth/memory_login_store.h"

namespace paytick::app {
namespace {

using ingest::LoginNonce;
using ingest::LoginStore;
using ingest::LoginToken;
using Advance = LoginStore::Advance;

constexpr TimeMs kNow{1'790'000'000'000};
constexpr std::int64_t kHourMs = 3'600'000;
constexpr int kAtOnce = 8;

LoginNonce nonce(std::uint8_t fill) {
  LoginNonce nonce;
  nonce.bytes.fill(fill);
  return nonce;
}

LoginToken login(std::uint8_t fill) {
  LoginToken token;
  token.account.bytes.fill(fill);
  token.login.bytes.fill(fill);
  token.expires = kNow + kHourMs;
  return token;
}

class PostgresLoginsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string name = testing::TempDir() + "paytick-logins-XXXXXX";
    folder() = ::mkdtemp(name.data());
    auto started = dev::PrivatePostgres::start(folder());
    ASSERT_TRUE(started) << started.error().message;
    server().emplace(std::move(*started));
  }
  static void TearDownTestSuite() {
    server().reset();
    std::filesystem::remove_all(folder());
  }
  ~PostgresLoginsTest() override { ask("DROP SCHEMA IF EXISTS paytick_logins CASCADE"); }

  static std::filesystem::path& folder() {
    static std::filesystem::path path;
    return path;
  }
  static std::optional<dev::PrivatePostgres>& server() {
    static std::optional<dev::PrivatePostgres> running;
    return running;
  }
  static std::string ask(const char* sql) {
    PGconn* const connection = PQconnectdb(server()->url().c_str());
    PQclear(PQexec(connection, "SET client_min_messages TO warning"));
    PGresult* const answer = PQexec(connection, sql);
    std::string text = PQntuples(answer) > 0 ? PQgetvalue(answer, 0, 0) : PQresultErrorMessage(answer);
    PQclear(answer);
    PQfinish(connection);
    return text;
  }
  // Of so many at once on two gateways, how many were told yes.
  int yes(const std::function<bool(LoginStore&)>& question) {
    std::atomic<int> n{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < kAtOnce; ++i)
      threads.emplace_back([&, i] { n += question(i % 2 == 0 ? one_ : two_) ? 1 : 0; });
    for (std::thread& thread : threads) thread.join();
    return n;
  }

  PostgresLogins one_{server()->url()}, two_{server()->url()};  // two gateways
};

TEST_F(PostgresLoginsTest, AnswersAsTheMemoryOfOneProcessDoes) {
  ingest::MemoryLoginStore memory;
  for (LoginStore* store : std::initializer_list<LoginStore*>{&one_, &memory}) {
    EXPECT_EQ(store->begin(nonce(1), kNow + 1'000, login(1), kNow), true);
    EXPECT_EQ(store->begin(nonce(1), kNow + 1'000, login(2), kNow), false) << "a challenge is answered once";
    EXPECT_EQ(store->advance(login(2).login, 0, kNow + kHourMs, kNow), Advance::ended)
        << "and begins nothing";
    EXPECT_EQ(store->advance(login(1).login, 0, kNow + 2 * kHourMs, kNow), Advance::done);
    EXPECT_EQ(store->advance(login(1).login, 1, kNow + 2 * kHourMs, kNow + kHourMs), Advance::done);
    EXPECT_EQ(store->advance(login(1).login, 1, kNow + 2 * kHourMs, kNow + kHourMs), Advance::reused);
    EXPECT_EQ(store->advance(login(1).login, 2, kNow + 2 * kHourMs, kNow + kHourMs), Advance::ended);

    EXPECT_EQ(store->begin(nonce(3), kNow + 1'000, login(3), kNow), true);
    EXPECT_TRUE(store->end(login(3).login));
    EXPECT_TRUE(store->end(login(3).login)) << "the same when it had ended before";
    EXPECT_EQ(store->advance(login(3).login, 0, kNow + kHourMs, kNow), Advance::ended);

    EXPECT_EQ(store->begin(nonce(4), kNow + 1'000, login(4), kNow), true);
    EXPECT_NE(store->advance(login(4).login, 0, kNow + 2 * kHourMs, kNow + kHourMs), Advance::done)
        << "it has expired";
  }
}

TEST_F(PostgresLoginsTest, GatewaysAgreeWhateverIsAskedAtOnce) {
  const auto begin = [](LoginStore& store) {
    return store.begin(nonce(1), kNow + 1'000, login(1), kNow) == true;
  };
  EXPECT_EQ(yes(begin), 1);
  EXPECT_EQ(two_.advance(login(1).login, 0, kNow + kHourMs, kNow), Advance::done);
  EXPECT_EQ(one_.advance(login(1).login, 1, kNow + kHourMs, kNow), Advance::done);
  const auto advance = [](LoginStore& store) {
    return store.advance(login(1).login, 2, kNow + kHourMs, kNow) == Advance::done;
  };
  EXPECT_EQ(yes(advance), 1);
  EXPECT_EQ(one_.advance(login(1).login, 3, kNow + kHourMs, kNow), Advance::ended) << "the others had a copy";
}

TEST_F(PostgresLoginsTest, ForgetsWhatHasExpiredAndNothingElse) {
  for (std::uint8_t i = 1; i <= 3; ++i)
    ASSERT_EQ(one_.begin(nonce(i), kNow + i * kHourMs, login(i), kNow), true);
  LoginToken later = login(9);
  later.expires = kNow + 9 * kHourMs;
  ASSERT_EQ(one_.begin(nonce(9), kNow + 9 * kHourMs, later, kNow + 2 * kHourMs), true);
  EXPECT_EQ(ask("SELECT count(*) FROM paytick_logins.nonces"), "2");
  EXPECT_EQ(ask("SELECT count(*) FROM paytick_logins.logins"), "1");
  EXPECT_EQ(one_.begin(nonce(3), kNow + 3 * kHourMs, login(3), kNow + 2 * kHourMs), false);
}

TEST_F(PostgresLoginsTest, OutlivesBrokenConnectionsAndADatabaseMadeAnew) {
  ASSERT_EQ(one_.begin(nonce(1), kNow + 1'000, login(1), kNow), true);
  constexpr const char* kBreak =
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'paytick'";
  EXPECT_NE(ask(kBreak), "0");
  const auto broken = one_.advance(login(1).login, 0, kNow + kHourMs, kNow);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, "database_away");
  EXPECT_EQ(one_.advance(login(1).login, 0, kNow + kHourMs, kNow), Advance::done)
      << "on a connection of its own";

  ask("DROP SCHEMA paytick_logins CASCADE");
  ask(kBreak);
  EXPECT_FALSE(one_.advance(login(1).login, 1, kNow + kHourMs, kNow));
  EXPECT_EQ(one_.advance(login(1).login, 1, kNow + kHourMs, kNow), Advance::ended)
      << "the wallet logs in again";
  EXPECT_EQ(one_.begin(nonce(2), kNow + 1'000, login(2), kNow), true);
}

TEST_F(PostgresLoginsTest, SaysWhenThereIsNoDatabase) {
  PostgresLogins nowhere("postgresql:///nothing?host=" + folder().string());
  const auto refused = nowhere.begin(nonce(1), kNow + 1'000, login(1), kNow);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "database_away");
  EXPECT_EQ(refused.error().next, Next::retry);
}

}  // namespace
}  // namespace paytick::app
