// What the rule book's lines leave in a real PostgreSQL, what is asked of it, and the outbox: notices are
// there once, whatever is cut, and a replay tells nothing again.
#include <rapidjson/document.h>

#include <atomic>
#include <thread>

#include "postgres_fixture.h"
#include "projections/chain_words.h"

namespace paytick::projections {
namespace {

constexpr std::int64_t kAges = 1'000'000'000'000;  // the stories are of the past

OutboxSettings everybody() {
  OutboxSettings settings;
  settings.keep_ms = 1;
  settings.news_ms = kAges;
  settings.webhooks = {{"all", std::nullopt, kAllNoticeTypes},
                       {"closings", std::nullopt, bit_of(NoticeType::closed)},
                       {"of others", named<PlatformId>("another"), kAllNoticeTypes}};
  return settings;
}

class RuleBook : public Postgres {
 protected:
  std::string told() {
    return ask(
        "SELECT string_agg(id || ' ' || type || ' ' || coalesce(viewer, ''), E'\\n' ORDER BY id) FROM"
        " paytick_outbox.notices");
  }
  rapidjson::Document parse(const Result<std::string>& answer) {
    EXPECT_TRUE(answer) << answer.error().message;
    rapidjson::Document json;
    json.Parse(answer.value_or("{}").c_str());
    EXPECT_FALSE(json.HasParseError());
    return json;
  }
};

// A tip, a credit, a limit, a freeze, a join, a payout, and a call of three blocks.
void play(BilledLog& billed) {
  const auto viewer = named<ViewerId>("v");
  const auto meter = named<MeterId>("v");
  Charge tip;
  tip.viewer = viewer;
  tip.meter = meter;
  tip.creator = named<CreatorId>("creator");
  tip.key = "http:1";
  tip.amount = Amount(1'000);
  tip.message = "well played";
  tip.channel = "room";
  tip.content = named<ContentId>("content");
  Credit credit;
  credit.viewer = viewer;
  credit.meter = meter;
  credit.amount = Amount(500);
  credit.key = "http:2";
  credit.reason = "it broke off";
  Limit limit;
  limit.viewer = viewer;
  limit.amount = Amount(90'000'000);
  limit.period = Period::day;
  Freeze freeze;
  freeze.viewer = named<ViewerId>("w");
  freeze.reason = "chargeback";
  Join join;
  join.viewer = viewer;
  join.meter = meter;
  join.content = named<ContentId>("content");
  billed.world.append(41'000, {tip, credit, limit, freeze, join, Payout{named<CreatorId>("creator")}});
  Open call = billed.world.open("v", 42'000);
  call.session = named<SessionId>("call");
  call.attachment = named<AttachmentId>("call");
  call.content = named<ContentId>("a call");
  call.call = true;
  call.plan.tick_ms = call.plan.heartbeat_ms = 30'000;
  call.plan.refund_unused = false;
  call.plan.id = derive_plan_id(call.plan);
  Metering metering;
  metering.viewer = viewer;
  metering.session = call.session;
  metering.at = call.at + 65'000;
  billed.world.append(42'000, {call, Heartbeat{call.session, call.attachment, 1, call.at}});
  billed.world.append(107'000, {metering});
  billed.fold();
}

TEST_F(RuleBook, IsInTheTables) {
  BilledLog billed;
  play(billed);
  project(billed.log(), 1 << 20);
  EXPECT_EQ(ask("SELECT message || '|' || channel || '|' || key FROM charges"), "well played|room|http:1");
  EXPECT_EQ(ask("SELECT viewer = '" + to_text(named<ViewerId>("v")) + "' FROM charges"), "t");
  EXPECT_EQ(ask("SELECT reason || '|' || credited FROM credits"), "it broke off|500");
  EXPECT_EQ(ask("SELECT spending_limit || '|' || period FROM viewers WHERE NOT frozen"), "90000000|1");
  EXPECT_EQ(ask("SELECT reason FROM viewers WHERE frozen"), "chargeback");
  EXPECT_EQ(ask("SELECT count(*) FROM joins"), "1");
  EXPECT_EQ(ask("SELECT count(*) FROM payouts"), "1");
  EXPECT_EQ(ask("SELECT string_agg(k || ':' || cumulative, ' ' ORDER BY k) FROM blocks"),
            "0:10000 1:20000 2:30000");
  EXPECT_EQ(ask("SELECT sum(amount) = (SELECT sum(charged) FROM sum_totals) - 1000 FROM session_totals"),
            "t");
  EXPECT_EQ(ask("SELECT sum(views) FROM content_views"), "3");
  EXPECT_EQ(
      ask("SELECT count(*) FROM pg_class c WHERE relkind = 'r' AND relnamespace IN ('paytick'::regnamespace,"
          " 'paytick_outbox'::regnamespace) AND relname <> 'migrations' AND obj_description(oid) IS NULL"),
      "0");
}

TEST_F(RuleBook, IsTheSameInStepsOfAnySize) {
  BilledLog billed;
  play(billed);
  project(billed.log(), 1 << 30);
  const std::string truth = tables();
  ask("DROP SCHEMA paytick CASCADE");
  project(billed.log(), 400);
  EXPECT_EQ(tables(), truth);
}

TEST_F(RuleBook, IsAsked) {
  BilledLog billed;
  play(billed);
  project(billed.log(), 1 << 20);
  HistoryQueries queries(url());
  const auto viewer = named<ViewerId>("v");
  const auto creator = named<CreatorId>("creator");

  const auto spent = parse(queries.viewer_spending(viewer, {.limit = 50, .cursor = ""}));
  ASSERT_EQ(spent["items"].Size(), 1U);
  EXPECT_STREQ(spent["items"][0]["creator"].GetString(), to_text(creator).c_str());
  EXPECT_STREQ(spent["items"][0]["tips"].GetString(), "0.0001000");
  EXPECT_STREQ(spent["items"][0]["total"].GetString(), spent["total"].GetString());

  const auto first = parse(queries.creator_fans(creator, {.limit = 1, .cursor = ""}));
  ASSERT_EQ(first["items"].Size(), 1U);
  EXPECT_STREQ(first["items"][0]["viewer"].GetString(), to_text(viewer).c_str());
  const auto second = parse(queries.creator_fans(creator, {.limit = 1, .cursor = first["next"].GetString()}));
  ASSERT_EQ(second["items"].Size(), 1U);
  EXPECT_STREQ(second["items"][0]["viewer"].GetString(), to_text(named<ViewerId>("w")).c_str());
  EXPECT_TRUE(second["next"].IsNull());

  const auto tips = parse(queries.creator_tips(creator, {.limit = 50, .cursor = ""}));
  ASSERT_EQ(tips["items"].Size(), 1U);
  EXPECT_STREQ(tips["items"][0]["message"].GetString(), "well played");
  EXPECT_STREQ(tips["items"][0]["viewer"].GetString(), to_text(viewer).c_str());

  const auto history = parse(queries.account_history(viewer, {.limit = 50, .cursor = ""}));
  std::string kinds;
  for (const auto& item : history["items"].GetArray()) kinds.append(item["kind"].GetString()).push_back(' ');
  for (const char* kind : {"session ", "tip ", "credit ", "top_up "})
    EXPECT_NE(kinds.find(kind), std::string::npos) << kinds;
  EXPECT_STREQ(history["deposited"].GetString(), "5.0000000");

  HistoryQueries::Call call{"call_x", named<SessionId>("call"), viewer, creator, 10'000};
  std::string items, cursor;
  for (int page = 0; page < 10; ++page) {
    const auto part = parse(queries.call_history(call, {.limit = 1, .cursor = cursor}));
    ASSERT_EQ(part["items"].Size(), 1U);
    items.append(part["items"][0]["kind"].GetString()).push_back(' ');
    if (part["items"][0].HasMember("amountTokens")) {
      EXPECT_EQ(part["items"][0]["amountTokens"].GetInt(), 1);
    }
    if (part["next"].IsNull()) break;
    cursor = part["next"].GetString();
  }
  EXPECT_EQ(items, "started block block block ");
  call.viewer = creator;
  EXPECT_EQ(queries.call_history(call, {.limit = 1, .cursor = ""}).error().code, "not_found");
  EXPECT_EQ(queries.views().value_or(std::map<ContentId, std::int64_t>{})[named<ContentId>("content")], 2);
}

// What is owed and what is to be given back, until the chain has taken it.
TEST_F(RuleBook, WhatTheChainRefusesIsToldInWordsUntilItIsPaid) {
  const auto meter = named<MeterId>("v");
  for (const std::size_t bytes : {std::size_t{400}, std::size_t{1} << 30}) {
    BilledLog billed;
    play(billed);
    billed.settle({Parked{SumId{0}, "router_15", Amount(10'000), TimeMs{1}},
                   ParkedCredit{meter, "router_20", Amount(500), TimeMs{1}}});
    project(billed.log(), bytes);
    HistoryQueries queries(url());
    const auto shown = [&](std::string_view kind) {
      const auto page = parse(queries.account_history(named<ViewerId>("v"), {.limit = 50, .cursor = ""}));
      std::string all;
      for (const auto& item : page["items"].GetArray()) {
        if (item["kind"].GetString() != kind) continue;
        all += item["settled"].GetBool() ? "settled " : "open ";
        if (item.HasMember("trouble"))
          all += std::string(item["trouble"]["code"].GetString()) + ": " +
                 item["trouble"]["message"].GetString();
        if (item.HasMember("transaction")) all += item["transaction"].GetString();
      }
      return all;
    };
    EXPECT_EQ(shown("credit"), "open router_20: " + std::string(chain_words("router_20")));
    EXPECT_NE(shown("session").find("open router_15: " + std::string(chain_words("router_15"))),
              std::string::npos)
        << shown("session");

    Confirmed credited;
    credited.hash = named<TxHash>("credited");
    credited.ledger = 9;
    credited.credits = {{meter, Amount(500), Amount(500), kCodePaid}};
    billed.settle({credited});
    billed.pay(20'000'000);
    // Nothing new is paid by a later one.
    credited.hash = named<TxHash>("again");
    credited.credits = {{meter, Amount(500), Amount(0), kCodeNothingNew}};
    billed.settle({credited});
    project(billed.log(), bytes);
    EXPECT_EQ(shown("credit"), "settled " + to_text(named<TxHash>("credited")));
    EXPECT_EQ(shown("session").find("router_"), std::string::npos) << shown("session");
    EXPECT_EQ(ask("SELECT count(*) FROM parked_credits"), "0");
    ask("DROP SCHEMA paytick CASCADE");
  }
}

TEST(ChainWords, EveryCodeHasSome) {
  EXPECT_NE(chain_words("router_12"), chain_words("tx_bad_auth"));
  for (const char* code :
       {"router_10", "router_14", "refused_too_often", "tx_bad_auth", "limit_instructions", ""})
    EXPECT_GT(chain_words(code).size(), 20U) << code;
}

TEST_F(RuleBook, NoticesAreThereOnceWhateverIsCut) {
  BilledLog billed;
  play(billed);
  billed.world.append_namesake();
  billed.fold();
  billed.pay(20'000);
  project(billed.log(), 1 << 30, {}, everybody());
  const std::string truth = told();
  for (const char* type : {" 4 ", " 5 ", " 6 ", " 7 "})
    EXPECT_NE(truth.find(type), std::string::npos) << truth;
  EXPECT_EQ(
      ask("SELECT count(*) = (SELECT count(*) FROM paytick_outbox.notices) FROM paytick_outbox.deliveries"
          " WHERE webhook = 'all'"),
      "t");
  EXPECT_EQ(ask("SELECT count(*) = (SELECT count(*) FROM paytick_outbox.notices WHERE type = 4) FROM"
                " paytick_outbox.deliveries WHERE webhook = 'closings'"),
            "t");
  EXPECT_EQ(ask("SELECT count(*) FROM paytick_outbox.deliveries WHERE webhook = 'of others'"), "0");
  EXPECT_EQ(ask("SELECT count(*) = max(seq) AND max(seq) = (SELECT seq FROM paytick_outbox.head) FROM"
                " paytick_outbox.notices"),
            "t");
  ask("DROP SCHEMA paytick, paytick_outbox CASCADE");

  std::atomic<bool> done{false};
  std::thread cutter([&] {
    while (!done)
      ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'paytick'");
  });
  int steps = 0;
  project(
      billed.log(), 400, [&] { done = ++steps >= 60; }, everybody());
  done = true;
  cutter.join();
  EXPECT_EQ(told(), truth);
}

TEST_F(RuleBook, AReplayTellsNothingAgainAndForgetsNothing) {
  BilledLog billed;
  play(billed);
  project(billed.log(), 1'000, {}, everybody());
  const std::string before = told();
  EXPECT_NE(before, "");
  aggregator::CountingRandom random;
  ReplayOptions options;
  options.database_url = url();
  options.outbox = everybody();
  const auto again = [&] {
    return replay(billed.log(), random, options, [](const ReplayProgress&) { return true; });
  };
  ASSERT_TRUE(again());
  EXPECT_EQ(told(), before);
  // What no projection had read when the tables were swapped.
  billed.world.append_namesake();
  billed.fold();
  billed.pay(20'000);
  ASSERT_TRUE(again());
  const std::string after = told();
  EXPECT_GT(after.size(), before.size());
  project(billed.log(), 1'000, {}, everybody());
  EXPECT_EQ(told(), after);
  EXPECT_EQ(
      ask("SELECT count(*) FROM (SELECT id FROM paytick_outbox.notices GROUP BY id HAVING count(*) > 1) d"),
      "0");
}

TEST_F(RuleBook, OldNewsAndNewsForNobodyAreNotEnqueued) {
  BilledLog billed;
  play(billed);
  project(billed.log(), 1'000);
  EXPECT_EQ(ask("SELECT count(*) FROM paytick_outbox.notices"), "0");
  ask("DROP SCHEMA paytick, paytick_outbox CASCADE");
  OutboxSettings settings = everybody();
  settings.news_ms = 1'000;
  project(billed.log(), 1'000, {}, settings);
  EXPECT_EQ(ask("SELECT count(*) FROM paytick_outbox.notices"), "0");
  ask("DROP SCHEMA paytick, paytick_outbox CASCADE");
  settings = everybody();
  settings.keep_ms = 0;
  settings.webhooks.resize(2);
  settings.webhooks.erase(settings.webhooks.begin());
  project(billed.log(), 1'000, {}, settings);
  EXPECT_EQ(ask("SELECT count(*) FROM paytick_outbox.notices WHERE type <> 4"), "0");
}

}  // namespace
}  // namespace paytick::projections
