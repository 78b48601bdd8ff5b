#include "app/logins/postgres_logins.h"

#include <atomic>
#include <mutex>
#include <vector>

#include "ingest/auth/base64.h"
#include "projections/postgres_connection.h"

namespace paytick::app {
namespace {

constexpr const char* kSchema = "paytick_logins";
constexpr std::size_t kIdleMax = 4;
constexpr std::int64_t kSweepMs = 60'000;

// For each new connection: it may be one to a database that was made anew meanwhile.
void make_tables(pqxx::connection& connection) {
  pqxx::work tx(connection);
  // One makes them at a time; the number only has to be paytick's own.
  tx.exec("SELECT pg_advisory_xact_lock(7031950622)");
  tx.exec("CREATE SCHEMA IF NOT EXISTS " + tx.quote_name(kSchema));
  tx.exec("CREATE TABLE IF NOT EXISTS nonces (nonce text PRIMARY KEY, expires_ms bigint NOT NULL)");
  tx.exec("CREATE INDEX IF NOT EXISTS nonces_expire ON nonces (expires_ms)");
  tx.exec(
      "CREATE TABLE IF NOT EXISTS logins (login text PRIMARY KEY, account text NOT NULL, number bigint NOT "
      "NULL, expires_ms bigint NOT NULL)");
  tx.exec("CREATE INDEX IF NOT EXISTS logins_expire ON logins (expires_ms)");
  tx.commit();
}

}  // namespace

struct PostgresLogins::Pool {
  std::mutex mutex;
  std::vector<std::unique_ptr<pqxx::connection>> idle;
  std::atomic<std::int64_t> swept_ms{0};
};

PostgresLogins::PostgresLogins(std::string url) : url_(std::move(url)), pool_(std::make_unique<Pool>()) {}
PostgresLogins::~PostgresLogins() = default;

// A connection that broke is dropped, and a new one made by the next who asks.
template <typename Work>
auto PostgresLogins::ask(const Work& work) {
  return projections::guarded([&] {
    std::unique_ptr<pqxx::connection> connection;
    {
      const std::lock_guard lock(pool_->mutex);
      if (!pool_->idle.empty()) {
        connection = std::move(pool_->idle.back());
        pool_->idle.pop_back();
      }
    }
    if (!connection) {
      connection = projections::open_connection(url_, kSchema);
      // A challenge that was answered stays answered through a crash.
      connection->set_variable("synchronous_commit", "on");
      make_tables(*connection);
    }
    pqxx::work tx(*connection);
    auto answer = work(tx);
    tx.commit();
    const std::lock_guard lock(pool_->mutex);
    if (pool_->idle.size() < kIdleMax) pool_->idle.push_back(std::move(connection));
    return answer;
  });
}

Result<bool> PostgresLogins::begin(const ingest::LoginNonce& nonce, TimeMs nonce_expires,
                                   const ingest::LoginToken& login, TimeMs now) {
  return ask([&](pqxx::work& tx) {
    std::int64_t swept = pool_->swept_ms;
    if (now.ms - swept >= kSweepMs && pool_->swept_ms.compare_exchange_strong(swept, now.ms)) {
      tx.exec_params("DELETE FROM nonces WHERE expires_ms <= $1", now.ms);
      tx.exec_params("DELETE FROM logins WHERE expires_ms <= $1", now.ms);
    }
    const auto used = tx.exec_params("INSERT INTO nonces VALUES ($1, $2) ON CONFLICT DO NOTHING",
                                     ingest::to_base64url(ingest::as_text(nonce.bytes)), nonce_expires.ms);
    if (used.affected_rows() == 0) return false;
    tx.exec_params("INSERT INTO logins VALUES ($1, $2, $3, $4)", to_text(login.login), to_text(login.account),
                   static_cast<std::int64_t>(login.number), login.expires.ms);
    return true;
  });
}

Result<ingest::LoginStore::Advance> PostgresLogins::advance(const LoginId& login, std::uint64_t number,
                                                            TimeMs expires, TimeMs now) {
  return ask([&](pqxx::work& tx) {
    const std::string id = to_text(login);
    // Of two at once the second waits for the first's row, and then finds another number.
    const auto moved = tx.exec_params(
        "UPDATE logins SET number = number + 1, expires_ms = $3 WHERE login = $1 AND number = $2 AND "
        "expires_ms > $4",
        id, static_cast<std::int64_t>(number), expires.ms, now.ms);
    if (moved.affected_rows() == 1) return Advance::done;
    const auto ended = tx.exec_params("DELETE FROM logins WHERE login = $1", id);
    return ended.affected_rows() == 1 ? Advance::reused : Advance::ended;
  });
}

Result<void> PostgresLogins::end(const LoginId& login) {
  const auto done = ask([&](pqxx::work& tx) {
    tx.exec_params("DELETE FROM logins WHERE login = $1", to_text(login));
    return true;
  });
  return done ? Result<void>() : tl::unexpected(done.error());
}

}  // namespace paytick::app
