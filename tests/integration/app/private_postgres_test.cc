#include "app/dev/private_postgres.h"

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <signal.h>

#include <cstdlib>

namespace paytick::app::dev {
namespace {

namespace fs = std::filesystem;

class PrivatePostgresTest : public testing::Test {
 protected:
  PrivatePostgresTest() {
    std::string name = testing::TempDir() + "paytick-pg-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~PrivatePostgresTest() override { fs::remove_all(folder_); }

  static std::string ask(const std::string& url, const char* sql) {
    PGconn* const connection = PQconnectdb(url.c_str());
    PGresult* const answer = PQexec(connection, sql);
    std::string text = PQntuples(answer) > 0 ? PQgetvalue(answer, 0, 0) : PQerrorMessage(connection);
    PQclear(answer);
    PQfinish(connection);
    return text;
  }

  fs::path folder_;
};

TEST_F(PrivatePostgresTest, KeepsItsDataFromOneStartToTheNext) {
  {
    auto server = PrivatePostgres::start(folder_);
    ASSERT_TRUE(server) << server.error().message;
    ask(server->url(), "CREATE TABLE t AS SELECT 42 AS x");
  }
  auto again = PrivatePostgres::start(folder_);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(ask(again->url(), "SELECT x FROM t"), "42");
}

TEST_F(PrivatePostgresTest, EndsWithTheProcessThatStartedItAndCanBeStartedAgainAtOnce) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t owner = ::fork();
  if (owner == 0) {
    auto server = PrivatePostgres::start(folder_);
    const char word = server ? 'y' : 'n';
    (void)!::write(ready[1], &word, 1);
    ::pause();
    ::_exit(0);
  }
  char word = 0;
  ASSERT_EQ(::read(ready[0], &word, 1), 1);
  EXPECT_EQ(word, 'y');
  ::kill(owner, SIGKILL);
  auto server = PrivatePostgres::start(folder_);
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_EQ(ask(server->url(), "SELECT 1"), "1");
}

}  // namespace
}  // namespace paytick::app::dev
