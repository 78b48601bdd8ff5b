#include "ingest/protocol.h"

#include <gtest/gtest.h>

#include <limits>

#include "ingest/catalog.h"
#include "ingest/protocol_batch.h"
#include "ingest/protocol_content.h"

namespace paytick::ingest {
namespace {

constexpr TimeMs kNow{1'800'000'000'000};

template <typename Parse>
std::string code_of(std::string text, Parse parse) {
  const auto result = parse(codec::MutableLine{text.data(), text.size()});
  return result ? "" : result.error().code;
}

struct Row {
  std::string text, code;
};

TEST(Protocol, PingTable) {
  const std::string content(22, 'A');
  const std::string meter = to_text(MeterId{});
  const std::string start = R"({"type":"ping","videoId":")" + content + R"(","contractId":")" + meter + '"';
  const Row rows[] = {
      {start + "}", ""},
      {start + R"(,"unknown":[1,{"type":"x"}],"nested":{"videoId":7}})", ""},
      {start + R"(,"planId":null,"resumeToken":null,"seq":null})", ""},
      {start + R"(,"seq":9223372036854775807})", ""},
      {start + R"(,"seq":9223372036854775808})", "bad_field"},
      {start + R"(,"seq":-1})", "bad_field"},
      {start + R"(,"seq":1.0})", "bad_field"},
      {start + R"(,"seq":Infinity})", "malformed_json"},
      {start + R"(,"resumeToken":5})", "bad_field"},
      {start + "}{}", "malformed_json"},
      {start + "} trailing", "malformed_json"},
      {start + "}" + std::string(1, '\0') + "x", "malformed_json"},
      {start, "malformed_json"},
      {start + ",}", "malformed_json"},
      {"null", "malformed_json"},
      {"\"ping\"", "malformed_json"},
      {"\x01", "malformed_json"},
      {R"({"type":7})", "bad_field"},
      {R"({"type":"\ud800"})", "malformed_json"},
      {R"({"type":"\udc00"})", "malformed_json"},
      {R"({"":{"type":"ping","videoId":")" + content + R"(","contractId":")" + meter + "\"}}",
       "missing_field"},
      {"{\"type\":\"\xc3\x28\"}", "bad_utf8"},
      {R"({"type":"ping","videoId":"../../etc","contractId":")" + meter + "\"}", "unknown_content"},
      {R"({"type":"ping","videoId":")" + content + R"(","contractId":"C1"})", "unknown_contract"},
      {R"({"type":"ping","videoId":")" + content + R"(","contractId":")" + to_text(ViewerId{}) + "\"}",
       "unknown_contract"},
  };
  for (const Row& row : rows) EXPECT_EQ(code_of(row.text, parse_ping), row.code) << row.text;
  // The deepest nesting that is read, and one more.
  const auto nested = [](std::size_t n) {
    return R"({"a":)" + std::string(n, '[') + std::string(n, ']') + "}";
  };
  EXPECT_EQ(code_of(nested(7), parse_ping), "missing_field");
  EXPECT_EQ(code_of(nested(8), parse_ping), "too_deep");
  EXPECT_EQ(code_of(nested(8'000), parse_ping), "too_deep");
}

TEST(Protocol, BatchLineTable) {
  const auto parse = [](codec::MutableLine line) { return parse_batch_line(line, kNow); };
  const std::string names = R"("session":"s","attachment":"a")";
  const Row rows[] = {
      {R"({"type":"heartbeat",)" + names + R"(,"at":1800000000000})", ""},
      {R"({"type":"heartbeat",)" + names + R"(,"at":1800000060000})", ""},
      {R"({"type":"heartbeat",)" + names + R"(,"at":1800000060001})", "bad_time"},
      {R"({"type":"heartbeat",)" + names + R"(,"at":0})", ""},
      {R"({"type":"heartbeat",)" + names + R"(,"at":-1})", "bad_time"},
      {R"({"type":"heartbeat",)" + names + R"(,"at":10000000000000})", "bad_time"},
      {R"({"type":"heartbeat",)" + names + R"(,"at":1e3})", "bad_field"},
      {R"({"type":"heartbeat",)" + names + R"(,"at":"now"})", "bad_field"},
      {R"({"type":"heartbeat",)" + names + R"(,"at":99999999999999999999999})", "bad_field"},
      {R"({"type":"stop",)" + names + R"(,"at":1900000000000})", ""},
      {R"({"type":"heartbeat",)" + names + "}", "missing_field"},
      {R"({"type":"heartbeat","session":"s","at":1})", "missing_field"},
      {R"({"type":"heartbeat","session":"","attachment":"a","at":1})", "missing_field"},
      {R"({"type":"heartbeat","session":"a\u0000b","attachment":"a","at":1})", "bad_field"},
      {R"({"type":"heartbeat","session":"\udc00","attachment":"a","at":1})", "malformed_json"},
      {R"({"type":"heartbeat","session":")" + std::string(129, 's') + R"(","attachment":"a","at":1})",
       "bad_field"},
      {R"({"type":"open",)" + names + R"(,"at":1})", "missing_field"},
      {R"({"type":"charge",)" + names + R"(,"at":1})", "unknown_type"},
      {R"({"type":"meter",)" + names + R"(,"at":1})", "unknown_type"},
      {std::string(kBatchLineBytesMax + 1, ' '), "too_large"},
  };
  for (const Row& row : rows) EXPECT_EQ(code_of(row.text, parse), row.code) << row.text;
}

TEST(Protocol, RendersAnswers) {
  TickAnswer answer{Amount(49'900'000), TimeMs{123}, SessionId{}, "t", std::nullopt};
  const std::string members =
      R"("newBalance":"4.9900000","paidUntil":123,"session":"AAAAAAAAAAAAAAAAAAAAAA","resumeToken":"t")";
  std::string tick;
  render_tick(answer, tick);
  EXPECT_EQ(tick, R"({"type":"tick",)" + members + "}");
  tick.clear();
  answer.seq = 7;
  render_tick(answer, tick);
  EXPECT_EQ(tick, R"({"type":"tick",)" + members + R"(,"seq":7})");
  EXPECT_EQ(render_error({"c", "a \"quoted\" word"}, 7),
            R"({"type":"error","code":"c","message":"a \"quoted\" word","seq":7})");
  for (int reason = 0; reason <= static_cast<int>(HaltReason::content); ++reason) {
    const std::string halt = render_halt(static_cast<HaltReason>(reason), answer);
    EXPECT_EQ(halt.find(R"({"type":"error","code":")"), 0U);
    EXPECT_NE(halt.find(R"("paidUntil":123)"), halt.npos);
  }
  std::string lines;
  render_accepted(1, lines);
  render_refused(2, {"x", "y"}, lines);
  EXPECT_EQ(lines,
            "{\"line\":1,\"status\":\"accepted\"}\n"
            "{\"line\":2,\"status\":\"refused\",\"code\":\"x\",\"message\":\"y\"}\n");
}

TEST(Protocol, PricePerSecondIsExactWhereItCanBe) {
  Plan plan;
  const auto price = [&plan](std::int64_t units, std::int32_t tick_ms) {
    plan.price_per_tick = Amount(units);
    plan.tick_ms = tick_ms;
    return price_of_time(plan, 1'000);
  };
  EXPECT_EQ(price(100'000, 10'000), "0.0010000");
  EXPECT_EQ(price(10'000, 1'000), "0.0010000");
  EXPECT_EQ(price(333'333, 30'000), "0.00111111");
  EXPECT_EQ(price(1, 3'600'000), "0.0000000");
  EXPECT_EQ(price(kPricePerTickMax, 100), "1000000000.0000000");
  EXPECT_EQ(price(0, 1'000), "0.0000000");
}

TEST(Protocol, ContentShowsWhatAnHourCostsAndWhoGetsIt) {
  std::string body =
      R"({"title":"A talk","creatorWallet":"GC6GX7MER26XQGOJVAV7CJGWLZ7XHHII4ABGAHRDXOIGVLGUBI6YC5BE","kind":"stream",)"
      R"("joinRequired":true,"minimumBalance":5000000,"ticketPrice":7,"plan":{"tickMs":1000,"pricePerTick":10000,)"
      R"("heartbeatMs":10000,"minimumTicks":60,"platformBps":2000,"initialTicks":60,"initialPrice":600000}})";
  const auto content = parse_content_request({body.data(), body.size()}, 700);
  ASSERT_TRUE(content) << content.error().message;
  EXPECT_EQ(content->kind, ContentKind::stream);
  EXPECT_TRUE(content->join_required);
  EXPECT_EQ(content->minimum_balance, Amount(5'000'000));
  EXPECT_EQ(content->ticket_price, Amount(7));
  EXPECT_EQ(content->plan.initial_ticks, 60);
  EXPECT_EQ(content->plan.initial_price, Amount(600'000));
  const std::string shown = render_content(*content);
  for (const char* member :
       {R"("priceXlmPerMinute":"0.0600000")", R"("priceXlmPerHour":"3.6000000")",
        R"("creatorXlmPerHour":"2.8800000")", R"("platformXlmPerHour":"0.7200000")", R"("initialTicks":60)",
        R"("initialPrice":600000)", R"("kind":"stream")", R"("joinRequired":true)",
        R"("minimumBalance":"0.5000000")", R"("ticketPrice":"0.0000007")"}) {
    EXPECT_NE(shown.find(member), shown.npos) << member << " in " << shown;
  }
}

TEST(Protocol, ContentShowsItsViewsWhereSomebodyCounts) {
  auto seen = std::make_shared<Content>(), unseen = std::make_shared<Content>();
  seen->id.bytes.fill(7);
  unseen->id.bytes.fill(9);
  const auto member = [](const std::string& shown) {
    const auto at = shown.find(R"("views":)");
    return at == shown.npos ? "none" : shown.substr(at, shown.find('}', at) - at);
  };
  EXPECT_EQ(member(render_content(*seen)), "none");
  EXPECT_EQ(member(render_content_list(std::vector<std::shared_ptr<const Content>>{seen}, {})), "none");
  const Views views({{ContentId{}, 4}, {seen->id, 12}});
  EXPECT_EQ(member(render_content(*seen, views.of(seen->id))), R"("views":12)");
  EXPECT_EQ(member(render_content(*unseen, views.of(unseen->id))), R"("views":0)");
  EXPECT_EQ(member(render_content_list(std::vector<std::shared_ptr<const Content>>{seen}, {}, views)),
            R"("views":12)");
  Catalog catalog;
  EXPECT_EQ(catalog.views()->of(seen->id), std::nullopt);
  catalog.set_views(views);
  EXPECT_EQ(catalog.views()->of(seen->id), 12);
}

TEST(Protocol, ContentThatCannotBeIsRefused) {
  const auto code = [](const std::string& members) {
    std::string body =
        R"({"title":"A","creatorWallet":"GC6GX7MER26XQGOJVAV7CJGWLZ7XHHII4ABGAHRDXOIGVLGUBI6YC5BE",)" +
        members + "}";
    const auto content = parse_content_request({body.data(), body.size()}, 700);
    return content ? std::string() : content.error().code;
  };
  EXPECT_EQ(code(R"("plan":{"pricePerTick":1})"), "");
  EXPECT_EQ(code(R"("plan":{"pricePerTick":1,"initialTicks":2})"), "invalid_plan");  // above minimumTicks
  EXPECT_EQ(code(R"("plan":{"pricePerTick":1,"initialPrice":2})"), "invalid_plan");
  EXPECT_EQ(code(R"("plan":{"pricePerTick":1,"initialTicks":-1})"), "bad_field");
  EXPECT_EQ(code(R"("plan":{"pricePerTick":1},"kind":"film")"), "bad_field");
  EXPECT_EQ(code(R"("plan":{"pricePerTick":1},"kind":1)"), "bad_field");
  EXPECT_EQ(code(R"("plan":{"pricePerTick":1},"joinRequired":1)"), "bad_field");
  EXPECT_EQ(code(R"("plan":{"pricePerTick":1},"ticketPrice":-1)"), "bad_field");
  EXPECT_EQ(code(R"("plan":{"pricePerTick":1},"minimumBalance":"1")"), "bad_field");
}

}  // namespace
}  // namespace paytick::ingest
