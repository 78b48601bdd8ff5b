#pragma once
// A PostgreSQL of its own for each test, and projections into it.

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>

#include "app/dev/private_postgres.h"
#include "projections/history_queries.h"
#include "projections/postgres_database.h"
#include "projections/replay.h"
#include "projections/worker.h"
#include "unit/projections/billed_log.h"

namespace paytick::projections {

using aggregator::kPartition;
using aggregator::named;

class Postgres : public testing::Test {
 protected:
  Postgres() {
    std::string name = testing::TempDir() + "paytick-projections-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    auto server = app::dev::PrivatePostgres::start(folder_);
    EXPECT_TRUE(server) << server.error().message;
    server_.emplace(std::move(*server));
  }
  ~Postgres() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  const std::string& url() const { return server_->url(); }

  // The first column of the first row.
  std::string ask(const std::string& sql) const {
    PGconn* const connection = PQconnectdb(url().c_str());
    PGresult* const answer = PQexec(connection, ("SET search_path TO paytick; " + sql).c_str());
    std::string text = PQntuples(answer) > 0 ? PQgetvalue(answer, 0, 0) : PQresultErrorMessage(answer);
    PQclear(answer);
    PQfinish(connection);
    return text;
  }

  // All current values and all sums over time, as one text.
  std::string tables() const {
    std::string all;
    for (const char* sql :
         {"SELECT string_agg(t::text, E'\\n' ORDER BY sum_id) FROM sum_totals t",
          "SELECT string_agg(t::text, E'\\n' ORDER BY session) FROM sessions t",
          "SELECT string_agg(t::text, E'\\n' ORDER BY session) FROM session_totals t",
          "SELECT string_agg(t::text, E'\\n' ORDER BY minute_ms) FROM creator_minutes t",
          "SELECT string_agg(t::text, E'\\n' ORDER BY creator) FROM creator_totals t",
          "SELECT string_agg(t::text, E'\\n' ORDER BY id) FROM transfers t",
          "SELECT string_agg(t::text, E'\\n' ORDER BY id) FROM settlement_items t",
          "SELECT string_agg(t::text, E'\\n' ORDER BY tx_hash) FROM settlements t",
          "SELECT string_agg(t::text, E'\\n' ORDER BY id) FROM charges t",
          "SELECT string_agg(t::text, E'\\n' ORDER BY id) FROM credits t",
          "SELECT string_agg(t::text, E'\\n' ORDER BY meter, cumulative) FROM credit_payments t",
          "SELECT string_agg(t::text, E'\\n' ORDER BY meter) FROM parked_credits t",
          "SELECT string_agg(t::text, E'\\n' ORDER BY viewer) FROM viewers t",
          "SELECT string_agg(t::text, E'\\n' ORDER BY viewer, content) FROM joins t",
          "SELECT string_agg(t::text, E'\\n' ORDER BY id) FROM payouts t",
          "SELECT string_agg(t::text, E'\\n' ORDER BY session, k) FROM blocks t",
          "SELECT string_agg(t::text, E'\\n' ORDER BY content) FROM content_views t",
          "SELECT string_agg(t::text, E'\\n' ORDER BY topic) FROM positions t"})
      all += ask(sql) + "\n--\n";
    return all;
  }

  // To the end of the log; `between` is called after each attempt.
  void project(log::EventLog& log, std::size_t bytes, const std::function<void()>& between = {},
               const OutboxSettings& outbox = {}) {
    PostgresDatabase database(url(), kSchema, outbox);
    aggregator::CountingRandom random;
    ProjectionWorker worker({.partitions = {kPartition}, .step_bytes_max = bytes, .bounds = {}}, log,
                            database, random);
    bool started = false;
    for (int i = 0; i < 10'000; ++i) {
      const auto done = started ? worker.step() : worker.start().map([] { return true; });
      if (between) between();
      if (!done) {
        ASSERT_NE(done.error().next, Next::fatal) << done.error().code << ": " << done.error().message;
        started = started && done.error().next == Next::retry;
        continue;
      }
      started = true;
      if (!*done) return;
    }
    FAIL() << "the projection does not come to an end";
  }

  std::filesystem::path folder_;
  std::optional<app::dev::PrivatePostgres> server_;
};

}  // namespace paytick::projections
