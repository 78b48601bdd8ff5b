// The golden lines of schemas/golden, byte for byte: what is persisted is frozen.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "model/codec.h"

namespace paytick::codec {
namespace {

std::vector<std::string> golden_lines(const std::string& name) {
  const std::filesystem::path path = std::filesystem::path(PAYTICK_SOURCE_DIR) / "schemas" / "golden" / name;
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  EXPECT_FALSE(lines.empty()) << path;
  return lines;
}

// Reads `line` as what its topic may hold and gives what is written for it; "code: message" when refused.
template <typename Parse>
Result<std::string> rewritten(Parse parse, std::string line) {
  const auto event = parse(MutableLine{line.data(), line.size()});
  if (!event) return tl::unexpected<Error>(event.error());
  std::string out;
  write(*event, out);
  return out;
}

using Rewrite = Result<std::string> (*)(const std::string&);

Result<std::string> rewrite_input(const std::string& line) { return rewritten(parse_input, line); }
Result<std::string> rewrite_catalog(const std::string& line) { return rewritten(parse_catalog, line); }
Result<std::string> rewrite_refusal(const std::string& line) { return rewritten(parse_refusal, line); }

template <auto kParse>
Result<std::string> rewrite_framed(const std::string& line) {
  if (line.find("\"type\":\"frame\"") != line.npos) return rewritten(parse_frame_header, line);
  if (line.find("\"type\":\"fence\"") != line.npos) return rewritten(parse_fence, line);
  return rewritten(kParse, line);
}

struct Topic {
  std::string name;
  Rewrite rewrite;
};
const Topic kTopics[] = {{"heartbeats", rewrite_input},
                         {"ticks", rewrite_framed<parse_output>},
                         {"settlements", rewrite_framed<parse_settlement>},
                         {"catalog", rewrite_catalog},
                         {"refusals", rewrite_refusal}};

TEST(Golden, LinesAreReadAndWrittenByteForByte) {
  for (const Topic& topic : kTopics) {
    for (const std::string& line : golden_lines(topic.name + ".ndjson")) {
      const auto again = topic.rewrite(line);
      ASSERT_TRUE(again) << again.error().code << ": " << again.error().message << "\n" << line;
      EXPECT_EQ(*again, line + "\n");
    }
  }
}

TEST(Golden, InvalidLinesAreRefusedWithAKnownCode) {
  const std::set<std::string> codes = {"malformed_json", "unknown_type", "missing_field", "bad_field",
                                       "unknown_version"};
  for (const Topic& topic : kTopics) {
    for (const std::string& line : golden_lines(topic.name + ".invalid.ndjson")) {
      const auto again = topic.rewrite(line);
      ASSERT_FALSE(again) << topic.name << ": " << line;
      EXPECT_TRUE(codes.contains(again.error().code)) << again.error().code;
      EXPECT_EQ(again.error().next, Next::refused);
      EXPECT_FALSE(again.error().message.empty());
    }
  }
}

TEST(Golden, HeartbeatsShowEveryTypeByName) {
  for (const std::string& line : golden_lines("heartbeats.ndjson")) {
    std::string copy = line;
    const auto input = parse_input({copy.data(), copy.size()});
    ASSERT_TRUE(input);
    EXPECT_TRUE(line.starts_with("{\"v\":1,\"type\":\"" + std::string(type_name(*input)) + "\"")) << line;
  }
}

}  // namespace
}  // namespace paytick::codec
