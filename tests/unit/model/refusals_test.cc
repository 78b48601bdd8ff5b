// What the codec refuses beyond the golden invalid lines, and with which code.

#include <gtest/gtest.h>

#include <string>

#include "model/codec.h"

namespace paytick::codec {
namespace {

const std::string kSession = "\"session\":\"Pzrx7Ou9FBCrQX7A0nu_yw\"";
const std::string kAttachment = "\"attachment\":\"YCpeacMCG9vT0lFWoC0suw\"";
const std::string kHeartbeat =
    "{\"v\":1,\"type\":\"heartbeat\"," + kSession + "," + kAttachment + ",\"seq\":1,\"at\":5}";
const std::string kViewer = "\"viewer\":\"GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ\"";

Result<Input> parse(std::string line) { return parse_input({line.data(), line.size()}); }

std::string code_of(const std::string& line) {
  const auto result = parse(line);
  return result ? "" : result.error().code;
}

std::string with(const std::string& member) {
  return kHeartbeat.substr(0, kHeartbeat.size() - 1) + "," + member + "}";
}

std::string replaced(const std::string& from, const std::string& to) {
  std::string line = kHeartbeat;
  return line.replace(line.find(from), from.size(), to);
}

std::string freeze(const std::string& reason) {
  return "{\"v\":1,\"type\":\"freeze\"," + kViewer + ",\"reason\":" + reason + "}";
}

TEST(Refusals, HaveStableCodes) {
  EXPECT_EQ(code_of(kHeartbeat), "");
  EXPECT_EQ(code_of(""), "malformed_json");
  EXPECT_EQ(code_of("   "), "malformed_json");
  EXPECT_EQ(code_of("[1]"), "malformed_json");
  EXPECT_EQ(code_of(kHeartbeat + kHeartbeat), "malformed_json");
  EXPECT_EQ(code_of(kHeartbeat + std::string(1, '\0')), "malformed_json");
  EXPECT_EQ(code_of("{}"), "missing_field");
  EXPECT_EQ(code_of("{\"v\":1}"), "missing_field");
  EXPECT_EQ(code_of(replaced("\"v\":1", "\"v\":2")), "unknown_version");
  EXPECT_EQ(code_of(replaced("\"v\":1", "\"v\":0")), "bad_field");
  EXPECT_EQ(code_of(replaced("heartbeat", "tick")), "unknown_type");
  EXPECT_EQ(code_of(replaced(",\"at\":5", "")), "missing_field");
  EXPECT_EQ(code_of(replaced("\"at\":5", "\"at\":1e3")), "bad_field");
  EXPECT_EQ(code_of(replaced("\"at\":5", "\"at\":5.0")), "bad_field");
  EXPECT_EQ(code_of(replaced("\"at\":5", "\"at\":1e400")), "malformed_json");
  EXPECT_EQ(code_of(with("\"at\":6")), "bad_field");
  EXPECT_EQ(code_of(with("\"a\\u0074\":5")), "bad_field") << "the same name, escaped";
}

TEST(Refusals, NameTheMember) {
  EXPECT_NE(parse(replaced("\"at\":5", "\"at\":-5")).error().message.find("member at "), std::string::npos);
}

TEST(Refusals, NestingIsBounded) {
  const auto nested = [](std::size_t depth) {
    return with("\"x\":" + std::string(depth, '[') + std::string(depth, ']'));
  };
  EXPECT_EQ(code_of(nested(kJsonDepthMax - 1)), "");
  EXPECT_EQ(code_of(nested(kJsonDepthMax)), "malformed_json");
  EXPECT_EQ(code_of(with("\"x\":" + std::string(50'000, '['))), "malformed_json");
  EXPECT_EQ(code_of(with("\"x\":" + std::string(60'000, '{'))), "malformed_json");
}

TEST(Refusals, LinesAreBounded) {
  const std::string padding(kLineBytesMax, ' ');
  EXPECT_EQ(code_of(kHeartbeat + padding.substr(kHeartbeat.size())), "");
  EXPECT_EQ(code_of(kHeartbeat + padding), "malformed_json");
}

TEST(Refusals, TextIsUtf8WithoutNul) {
  EXPECT_EQ(code_of(freeze("\"\xc3\xa9\\u00e9\\ud83d\\ude00\"")), "");
  EXPECT_EQ(code_of(freeze("\"\\u0000\"")), "bad_field");
  EXPECT_EQ(code_of(freeze("\"\\udc00\"")), "bad_field") << "half a pair";
  for (const char* bytes : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\xaf",
                            "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "\xe2\x82"}) {
    EXPECT_EQ(code_of(freeze("\"" + std::string(bytes) + "\"")), "malformed_json");
    EXPECT_EQ(code_of(freeze("\"" + std::string(bytes))), "malformed_json") << "cut off";
    EXPECT_EQ(code_of(with("\"x\":\"" + std::string(bytes) + "\"")), "malformed_json")
        << "in an unknown member";
    EXPECT_FALSE(json::is_utf8(bytes));
  }
}

// 256 bytes of two each: the bound is in bytes, where a schema counts characters.
TEST(Refusals, TextIsBoundedInBytes) {
  std::string text;
  for (int i = 0; i < 128; ++i) text += "é";
  EXPECT_EQ(code_of(freeze("\"" + text + "\"")), "");
  EXPECT_EQ(code_of(freeze("\"" + text + "e\"")), "bad_field");
}

TEST(Refusals, StrkeysHaveAChecksum) {
  std::string line = freeze("\"r\"");
  EXPECT_EQ(code_of(line), "");
  line[line.find("GA7Q") + 5] = 'A';
  EXPECT_EQ(code_of(line), "bad_field");
}

TEST(Accepted, OrderSpacesAndUnknownMembersDoNotMatter) {
  const std::string line = " { \"at\" : 5 ,\t\"x\":{\"at\":[1.5,null,{}]}, \"seq\":1," + kAttachment + "," +
                           kSession + ",\"type\":\"heart\\u0062eat\",\"v\":1} ";
  const auto general = parse(line);
  const auto canonical = parse(kHeartbeat);
  ASSERT_TRUE(general && canonical);
  EXPECT_TRUE(*general == *canonical);
}

TEST(Accepted, LinesOfARecordAreReadInPlace) {
  std::string value = kHeartbeat + "\n\n" + freeze("\"a\\nb\"") + "\n" + kHeartbeat;
  std::vector<std::string> types;
  for_each_line(value, [&](MutableLine line) {
    const auto input = parse_input(line);
    types.emplace_back(input ? type_name(*input) : "refused");
  });
  EXPECT_EQ(types, (std::vector<std::string>{"heartbeat", "freeze", "heartbeat"}));
}

}  // namespace
}  // namespace paytick::codec
