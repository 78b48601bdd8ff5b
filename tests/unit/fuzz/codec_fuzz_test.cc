// Damaged lines through every reader of the codec: none crashes or reads beyond the line, a refusal is one of
// the known ones, and whatever is read is written and read again as the same.

#include <gtest/gtest.h>

#include <set>

#include "damage.h"
#include "model/codec.h"
#include "model/json.h"

namespace paytick::fuzz {
namespace {

const std::set<std::string> kCodes = {"malformed_json", "unknown_type", "missing_field", "bad_field",
                                      "unknown_version"};

template <auto kParse>
void read_damaged(const std::vector<std::string>& lines, std::uint64_t salt) {
  Damage damage(lines, salt);
  std::size_t good = 0;
  const std::size_t n = rounds(25'000);
  for (std::size_t i = 0; i < n; ++i) {
    const std::string text = damage.next();
    Exact copy(text);
    const auto read = kParse(copy.line());
    if (!read) {
      ASSERT_TRUE(kCodes.contains(read.error().code)) << read.error().code << "\n" << shown(text);
      ASSERT_FALSE(read.error().message.empty()) << shown(text);
      ASSERT_TRUE(json::is_utf8(read.error().message)) << shown(read.error().message) << "\n" << shown(text);
      continue;
    }
    ++good;
    std::string written;
    codec::write(*read, written);
    ASSERT_EQ(written.find('\n'), written.size() - 1) << shown(text);
    Exact again(std::string_view(written).substr(0, written.size() - 1));
    const auto reread = kParse(again.line());
    ASSERT_TRUE(reread) << reread.error().message << "\n" << shown(text) << "\n" << shown(written);
    ASSERT_TRUE(*reread == *read) << shown(text) << "\n" << shown(written);
    std::string rewritten;
    codec::write(*reread, rewritten);
    ASSERT_EQ(rewritten, written) << shown(text);
  }
  // Neither all good nor all bad: else nothing was tried.
  EXPECT_GT(good, n / 50);
  EXPECT_LT(good, n - n / 4);
}

std::vector<std::string> of_type(const std::string& type) {
  std::vector<std::string> found;
  for (const std::string& line : golden("ticks.ndjson")) {
    if (line.find("\"type\":\"" + type + '"') != line.npos) found.push_back(line);
  }
  return found;
}

TEST(CodecFuzz, Inputs) { read_damaged<codec::parse_input>(golden("heartbeats.ndjson"), 1); }
TEST(CodecFuzz, Outputs) { read_damaged<codec::parse_output>(golden("ticks.ndjson"), 2); }
TEST(CodecFuzz, Settlements) { read_damaged<codec::parse_settlement>(golden("settlements.ndjson"), 3); }
TEST(CodecFuzz, Contents) { read_damaged<codec::parse_catalog>(golden("catalog.ndjson"), 4); }
TEST(CodecFuzz, FrameHeaders) { read_damaged<codec::parse_frame_header>(of_type("frame"), 5); }
TEST(CodecFuzz, Fences) { read_damaged<codec::parse_fence>(of_type("fence"), 6); }

// Lines that are refused already come to nothing worse.
TEST(CodecFuzz, InvalidLines) {
  for (const std::string topic : {"heartbeats", "ticks", "settlements", "catalog"}) {
    Damage damage(golden(topic + ".invalid.ndjson"), 7);
    for (std::size_t i = 0; i < rounds(10'000); ++i) {
      const std::string text = damage.next();
      for (const auto read :
           {+[](codec::MutableLine line) { return codec::parse_input(line).has_value(); },
            +[](codec::MutableLine line) { return codec::parse_output(line).has_value(); },
            +[](codec::MutableLine line) { return codec::parse_settlement(line).has_value(); },
            +[](codec::MutableLine line) { return codec::parse_content(line).has_value(); }}) {
        Exact copy(text);
        read(copy.line());
      }
    }
  }
}

}  // namespace
}  // namespace paytick::fuzz
