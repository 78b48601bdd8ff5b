// The projection on a real PostgreSQL, with connections that are cut.
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "app/verify/verifier.h"
#include "postgres_fixture.h"
#include "projections/bulk_rows.h"
#include "projections/history_queries.h"
#include "projections/postgres_database.h"
#include "projections/replay.h"
#include "projections/verify_queries.h"
#include "projections/worker.h"

namespace paytick::projections {
namespace {

using namespace std::string_literals;

TEST_F(Postgres, HoldsWhatTheLogSays) {
  BilledLog billed;
  const TxHash hash = billed.pay(250'000);
  project(billed.log(), 1 << 20);
  EXPECT_EQ(ask("SELECT count(*) FROM sessions"), "2");
  EXPECT_EQ(ask("SELECT sum(ticks * price) = (SELECT sum(charged) FROM sum_totals) FROM session_totals"
                " JOIN sessions USING (session)"),
            "t");
  EXPECT_EQ(ask("SELECT sum(ticks) = (SELECT sum(ticks) FROM session_totals) FROM creator_minutes"), "t");
  EXPECT_EQ(ask("SELECT sum(earned) = (SELECT sum(due) FROM sum_totals) FROM creator_totals"), "t");
  EXPECT_EQ(ask("SELECT count(*) FROM transfers WHERE kind = 0 AND amount = 50000000"), "2");
  EXPECT_EQ(ask("SELECT paid FROM sum_totals WHERE sum_id = 0"), "250000");
  EXPECT_EQ(ask("SELECT tx_hash FROM settlement_items"), to_text(hash));
  EXPECT_EQ(ask("SELECT count(*) FROM session_report WHERE amount > 0 AND proof IS NOT NULL"), "2");

  const auto totals = read_totals(url(), 1);
  ASSERT_TRUE(totals) << totals.error().message;
  EXPECT_EQ(totals->at(0).sums.size(), 2U);
  EXPECT_EQ(totals->at(0).ticks.frames.to, billed.log().range(aggregator::kInputs)->end);
}

TEST_F(Postgres, WhatWasSkippedIsNotPaidAndWhatWasParkedIsForgottenOncePaid) {
  for (const std::size_t bytes : {std::size_t{400}, std::size_t{1} << 30}) {
    BilledLog billed;
    billed.pay(10'000);
    billed.skip(20'000);
    billed.settle({Parked{SumId{0}, "refused_too_often", Amount(20'000), TimeMs{1}}});
    project(billed.log(), bytes);
    EXPECT_EQ(ask("SELECT paid FROM sum_totals WHERE sum_id = 0"), "10000");
    EXPECT_EQ(ask("SELECT count(*) FROM parked"), "1");
    billed.pay(20'000);
    project(billed.log(), bytes);
    EXPECT_EQ(ask("SELECT paid FROM sum_totals WHERE sum_id = 0"), "20000");
    EXPECT_EQ(ask("SELECT count(*) FROM parked"), "0");
    ask("DROP SCHEMA paytick CASCADE");
  }
}

// A platform may name a session as it named one long ago. That must not end the projection.
TEST_F(Postgres, ASessionsIdThatComesAgainShowsTheNewest) {
  for (const std::size_t bytes : {std::size_t{400}, std::size_t{1} << 30}) {
    BilledLog billed;
    billed.world.append_namesake();
    billed.fold();
    project(billed.log(), bytes);
    EXPECT_EQ(ask("SELECT count(*) FROM sessions"), "2");
    EXPECT_EQ(
        ask("SELECT string_agg(ticks::text, ' ' ORDER BY ticks) FROM session_totals WHERE closed_ms IS NULL"),
        "10");
    ask("DROP SCHEMA paytick CASCADE");
  }
}

// The fold forgets a session some time after it closed; verify must not.
TEST_F(Postgres, VerifySeesWhatWasChangedOfASessionThatClosedLongAgo) {
  BilledLog billed;
  billed.world.append_story(700, 40);
  billed.fold();
  project(billed.log(), 1 << 30);
  const auto verify = [&] {
    const auto report = app::Verifier(billed.log(), nullptr, url()).run({});
    EXPECT_TRUE(report) << report.error().message;
    return report ? report->difference.value_or("") : report.error().code;
  };
  EXPECT_EQ(verify(), "");
  ask("UPDATE session_totals SET ticks = ticks - 1 WHERE closed_ms IS NOT NULL");
  EXPECT_NE(verify().find("the database"), std::string::npos);
  ask("UPDATE session_totals SET ticks = ticks + 1 WHERE closed_ms IS NOT NULL");
  EXPECT_EQ(verify(), "");
  // One that never was.
  ask("CREATE TEMP TABLE one AS SELECT * FROM sessions LIMIT 1; UPDATE one SET session = gen_random_uuid();"
      " INSERT INTO sessions SELECT * FROM one;"
      " INSERT INTO session_totals SELECT o.session, t.partition, t.halt, t.ticks, t.paid_until_ms,"
      " t.charged_after, t.spendable, t.closed_ms, t.proof, t.amount FROM session_totals t, one o LIMIT 1");
  EXPECT_NE(verify().find("3 sessions, the log 2"), std::string::npos);
}

TEST_F(Postgres, StepsOfAnySizeAndConnectionsThatAreCutGiveTheSameTables) {
  BilledLog billed;
  billed.pay(250'000);
  billed.pay(270'000);
  project(billed.log(), 1 << 30);
  const std::string truth = tables();
  ask("DROP SCHEMA paytick CASCADE");

  // Somebody ends the writer's connection again and again, wherever it stands.
  std::atomic<bool> done{false};
  std::atomic<int> cuts{0};
  std::thread cutter([&] {
    while (!done)
      if (ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = "
              "'paytick'") == "1")
        ++cuts;
  });
  int steps = 0;
  project(billed.log(), 400, [&] { done = ++steps >= 60; });
  done = true;
  cutter.join();
  EXPECT_GT(cuts, 5);
  EXPECT_EQ(tables(), truth);
}

TEST_F(Postgres, AReplayEqualsTheLiveTablesAndTakesTheirPlace) {
  BilledLog billed;
  billed.pay(250'000);
  project(billed.log(), 1'000);
  const std::string truth = tables();
  ask("UPDATE session_totals SET ticks = ticks + 1");  // somebody had a bad day
  ASSERT_NE(tables(), truth);

  PostgresDatabase database(url());
  aggregator::CountingRandom random;
  ProjectionWorker live({.partitions = {kPartition}, .step_bytes_max = 1 << 20, .bounds = {}}, billed.log(),
                        database, random);
  ASSERT_TRUE(live.start());
  ASSERT_TRUE(live.step());

  ReplayOptions options{.database_url = url(),
                        .dry_run = false,
                        .start_over = false,
                        .until = {},
                        .outbox = {},
                        .step_bytes_max = 1'000};
  int calls = 0;
  auto report = replay(billed.log(), random, options, [&](const ReplayProgress&) { return ++calls < 3; });
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, "replay_interrupted");
  report = replay(billed.log(), random, options,
                  [](const ReplayProgress& p) { return p.records <= p.records_total; });
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->resumed);
  EXPECT_TRUE(report->swapped);
  EXPECT_EQ(tables(), truth);
  EXPECT_EQ(
      ask("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'paytick%' AND nspname <> 'paytick_outbox'"),
      "1");

  // The writer that was there goes on.
  billed.world.append_story(5, 40);
  billed.fold();
  for (int i = 0; i < 10; ++i)
    if (auto done = live.step(); !done && done.error().next == Next::abort) {
      ASSERT_TRUE(live.start());
    }
  EXPECT_EQ(ask("SELECT max(frame_to) FROM positions"),
            std::to_string(static_cast<std::int64_t>(billed.log().range(aggregator::kInputs)->end)));
}

TEST_F(Postgres, ADryRunReadsEverythingAndWritesNothing) {
  BilledLog billed;
  aggregator::CountingRandom random;
  const auto report = replay(billed.log(), random,
                             {.database_url = url(),
                              .dry_run = true,
                              .start_over = false,
                              .until = {},
                              .outbox = {},
                              .step_bytes_max = 1'000},
                             [](const ReplayProgress&) { return true; });
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_GT(report->done.rows, 0U);
  EXPECT_EQ(ask("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'paytick%'"), "0");
}

TEST_F(Postgres, HistoryIsPagedAndNamesTheTransactionThatPaid) {
  BilledLog billed;
  const TxHash hash = billed.pay(50'000'000);  // whatever was charged is paid
  project(billed.log(), 1 << 20);
  HistoryQueries queries(url());
  const MeterId meter = named<MeterId>("v");
  std::vector<std::string> kinds;
  std::string cursor;
  for (int page = 0; page < 10; ++page) {
    const auto answer = queries.account_history(meter, {.limit = 1, .cursor = cursor});
    ASSERT_TRUE(answer) << answer.error().message;
    rapidjson::Document json;
    json.Parse(answer->c_str());
    ASSERT_FALSE(json.HasParseError()) << *answer;
    for (const auto& item : json["items"].GetArray()) {
      kinds.emplace_back(item["kind"].GetString());
      if (kinds.back() == "session") {
        EXPECT_TRUE(item["settled"].GetBool());
        EXPECT_EQ(item["transaction"].GetString(), to_text(hash));
        EXPECT_GT(item["ticks"].GetInt64(), 0);
        EXPECT_EQ(std::string(item["proof"].GetString()).size(), kLongIdText);
      }
    }
    if (json["next"].IsNull()) break;
    cursor = json["next"].GetString();
  }
  std::sort(kinds.begin(), kinds.end());
  EXPECT_EQ(kinds, (std::vector<std::string>{"session", "settlement", "top_up"}));

  const auto earnings = queries.creator_earnings(named<CreatorId>("creator"), {.limit = 50, .cursor = ""});
  ASSERT_TRUE(earnings) << earnings.error().message;
  EXPECT_NE(earnings->find("\"pending\""), std::string::npos);
  EXPECT_EQ(queries.account_history(meter, {.limit = 1, .cursor = "x"}).error().code, "bad_cursor");
}

TEST_F(Postgres, RowsOfEveryTypeArriveAsTheyWereGiven) {
  BulkRows<std::int16_t, std::int32_t, std::int64_t, bool, Text, Uuid, Bytea, std::optional<std::int64_t>>
      rows;
  rows.add(-1, -2, -3, true, "nul\0 inside"s, named<SessionId>("s"), named<Proof>("p"), std::nullopt);
  rows.add(1, 2, std::numeric_limits<std::int64_t>::min(), false, "ü", named<SessionId>("s"),
           named<Proof>("p"), 7);
  pqxx::connection connection(url());
  pqxx::work tx(connection);
  tx.exec("CREATE TABLE t (a int2, b int4, c int8, d bool, e text, f uuid, g bytea, h int8)");
  rows.exec(tx, "INSERT INTO t SELECT * FROM " + rows.unnest());
  tx.commit();
  EXPECT_EQ(ask("SELECT (a, b, c, d, e, h)::text FROM public.t ORDER BY a"),
            "(-1,-2,-3,t,\"nul\xEF\xBF\xBD inside\",)");
  EXPECT_EQ(ask("SELECT (a, b, c, d, e, h)::text FROM public.t ORDER BY a DESC"),
            "(1,2,-9223372036854775808,f,ü,7)");
}

TEST_F(Postgres, TablesOfANewerPaytickAreLeftAlone) {
  BilledLog billed;
  project(billed.log(), 1 << 20);
  ask("INSERT INTO migrations (version, name) VALUES (9999, 'of the future')");
  PostgresDatabase database(url());
  aggregator::CountingRandom random;
  ProjectionWorker worker({.partitions = {kPartition}, .step_bytes_max = 1 << 20, .bounds = {}}, billed.log(),
                          database, random);
  EXPECT_EQ(worker.start().error().code, "schema_newer");
}

TEST_F(Postgres, BeforeTheFirstWriterNothingIsThereAndTheHistoryIsToldToWait) {
  const auto totals = read_totals(url(), 1);
  ASSERT_TRUE(totals) << totals.error().message;
  EXPECT_EQ(totals->at(0).ticks.frames.to, Offset{0});
  const auto history = HistoryQueries(url()).account_history(named<MeterId>("v"), {.limit = 1, .cursor = ""});
  ASSERT_FALSE(history);
  EXPECT_EQ(history.error().next, Next::retry);
}

TEST_F(Postgres, AnAbsentServerIsAskedAgain) {
  PostgresDatabase database("postgresql:///nothing?host=/nonexistent");
  const PartitionId partition = kPartition;
  const auto answer = database.acquire(std::span(&partition, 1), {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().next, Next::retry);
}

}  // namespace
}  // namespace paytick::projections
