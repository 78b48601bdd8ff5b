#include "ingest/json_body.h"

#include <gtest/gtest.h>

#include "ingest/api/idempotency.h"
#include "ingest/json_answer.h"

namespace paytick::ingest {
namespace {

Body read(std::string_view text) {
  const auto body = Body::parse(text);
  EXPECT_TRUE(body) << text;
  return body.value_or(Body{});
}
std::string code_of(std::string_view text) {
  const auto body = Body::parse(text);
  return body ? "" : body.error().code;
}
std::string amount_of(std::string_view number) {
  const auto amount = read("{\"limit\":" + std::string(number) + "}").amount("limit");
  if (!amount) return amount.error().code;
  return *amount ? to_decimal(**amount) : "none";
}

TEST(Body, MoneyKeepsItsDigits) {
  EXPECT_EQ(amount_of("10"), "10.0000000");
  EXPECT_EQ(amount_of("0.0000001"), "0.0000001");
  EXPECT_EQ(amount_of("922337203685.4775807"), "922337203685.4775807") << "no double holds it";
  EXPECT_EQ(amount_of("\"4.99\""), "4.9900000");
  EXPECT_EQ(amount_of("null"), "none");
  for (const char* bad : {"0.00000001", "-1", "1e3", "922337203685.4775808", "true", "\"\"", "\"1,5\"", "[1]",
                          "[]", "{}", "{\"a\":1}", "[{\"limit\":1}]"}) {
    EXPECT_EQ(amount_of(bad), "bad_field") << bad;
  }
}

TEST(Body, MembersAreReadOneLevelDown) {
  const Body body = read(R"({"a":"x","context":{"streamId":"s","deep":{"no":1}},"list":[1,{"a":2}],"n":7})");
  EXPECT_EQ(body.text("a", 10).value(), "x");
  EXPECT_EQ(body.text("context.streamId", 10).value(), "s");
  EXPECT_EQ(body.integer("n", 0, 10).value(), 7);
  EXPECT_FALSE(body.has("no"));
  EXPECT_EQ(body.text("a", 0).error().code, "bad_field");
  EXPECT_EQ(body.integer("n", 0, 6).error().code, "bad_field");
  EXPECT_EQ(body.integer("a", 0, 6).error().code, "bad_field");
}

TEST(Body, WhatIsOfAnotherTypeIsNotTakenForMissing) {
  const Body body =
      read(R"({"list":["x"],"context":{"deep":{"a":1},"list":[1]},"yes":true,"no":false,"none":null})");
  for (const char* name : {"list", "context", "context.deep", "context.list", "yes"}) {
    EXPECT_TRUE(body.has(name)) << name;
    EXPECT_EQ(body.text(name, 10).error().code, "bad_field") << name;
    EXPECT_EQ(body.integer(name, 0, 10).error().code, "bad_field") << name;
    EXPECT_EQ(body.amount(name).error().code, "bad_field") << name;
  }
  EXPECT_EQ(body.flag("yes").value(), true);
  EXPECT_EQ(body.flag("no").value(), false);
  EXPECT_EQ(body.flag("none").value(), std::nullopt);
  EXPECT_EQ(body.flag("list").error().code, "bad_field");
  EXPECT_TRUE(body.object("context").value());
  EXPECT_FALSE(body.object("none").value());
  EXPECT_EQ(body.object("list").error().code, "bad_field");
  EXPECT_EQ(code_of(R"({"a":{},"a":{}})"), "bad_field");
  EXPECT_EQ(code_of(R"({"a":1,"a":[]})"), "bad_field");
}

TEST(Body, ListsOfTextsAreRead) {
  using Texts = std::vector<std::string>;
  const Body body = read(R"({"a":["x","y"],"none":[],"in":{"b":["z"],"o":{"deep":["no"]}},"n":null})");
  EXPECT_EQ(body.texts("a").value(), (Texts{"x", "y"}));
  EXPECT_EQ(body.texts("none").value(), Texts{});
  EXPECT_EQ(body.texts("in.b").value(), Texts{"z"});
  EXPECT_EQ(body.texts("n").value(), std::nullopt);
  EXPECT_EQ(body.texts("absent").value(), std::nullopt);
  for (const char* bad : {"[1]", "[[\"x\"]]", "[{\"x\":\"y\"}]", "[null]", "\"x\"", "{}"}) {
    EXPECT_EQ(read("{\"a\":" + std::string(bad) + "}").texts("a").error().code, "bad_field") << bad;
  }
  std::string many = "{\"a\":[\"x\"";
  for (int i = 0; i < 64; ++i) many += ",\"x\"";
  EXPECT_EQ(code_of(many + "]}"), "bad_field");
}

TEST(Body, ARequiredTextIsThereAndNotEmpty) {
  const Body body = read(R"({"a":"x","empty":"","n":1})");
  EXPECT_EQ(body.required_text("a", 1).value(), "x");
  EXPECT_EQ(body.required_text("empty", 1).error().code, "missing_field");
  EXPECT_EQ(body.required_text("none", 1).error().code, "missing_field");
  EXPECT_EQ(body.required_text("n", 1).error().code, "bad_field");
}

TEST(Body, WhatIsNoObjectIsRefused) {
  EXPECT_EQ(code_of(""), "");
  EXPECT_EQ(code_of(" \n"), "");
  EXPECT_EQ(code_of("{}"), "");
  for (const char* bad : {"[]", "1", "\"a\"", "{", "{\"a\":}", "{} {}", "{\"a\":NaN}", "nul", "[[["}) {
    EXPECT_EQ(code_of(bad), "malformed_json") << bad;
  }
  EXPECT_EQ(code_of("{\"a\":\"\xff\"}"), "bad_utf8");
  EXPECT_EQ(code_of("{\"a\":\"\\u0000\"}"), "bad_utf8");
  EXPECT_EQ(code_of("{\"a\":1,\"a\":2}"), "bad_field");
  EXPECT_EQ(code_of(std::string(9'000, ' ')), "too_large");
  EXPECT_EQ(code_of(std::string(5'000, '[')), "malformed_json");
  std::string deep;
  for (int i = 0; i < 1'000; ++i) deep += "{\"a\":";
  EXPECT_EQ(code_of(deep), "too_deep");
}

TEST(JsonAnswer, NumbersAreRenderedFromIntegers) {
  EXPECT_EQ(JsonAnswer()
                .number("a", Amount(49'900'000))
                .decimal("b", Amount(-1))
                .begin("c")
                .boolean("d", true)
                .end()
                .integer("e", 3)
                .null("f")
                .take(),
            R"({"a":4.9900000,"b":"-0.0000001","c":{"d":true},"e":3,"f":null})");
}

TEST(IdempotencyKey, IsRequiredAndBounded) {
  EXPECT_EQ(idempotency_key("").error().code, "missing_field");
  EXPECT_NE(idempotency_key("").error().message.find("Idempotency-Key"), std::string::npos);
  EXPECT_EQ(idempotency_key("a1-_!~").value(), "http:a1-_!~");
  EXPECT_EQ(idempotency_key(std::string(kIdempotencyKeyBytesMax, 'x')).value().size(),
            kIdempotencyKeyBytesMax + 5);
  EXPECT_EQ(idempotency_key(std::string(kIdempotencyKeyBytesMax + 1, 'x')).error().code, "bad_field");
  EXPECT_EQ(idempotency_key("a b").error().code, "bad_field");
  EXPECT_EQ(idempotency_key("\xc3\xa9").error().code, "bad_field");
}

}  // namespace
}  // namespace paytick::ingest
