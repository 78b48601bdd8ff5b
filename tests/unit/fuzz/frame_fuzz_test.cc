// One damaged record in a good chain of frames: it is refused where it stands, or the record after it is.

#include <gtest/gtest.h>

#include <set>

#include "damage.h"
#include "model/frame.h"
#include "model/json.h"

namespace paytick::fuzz {
namespace {

// Fences and frames as owners write them, some frames in two parts.
std::vector<std::string> good_chain() {
  std::vector<std::string> lines;
  for (const std::string& line : golden("ticks.ndjson")) {
    if (line.find("\"type\":\"frame\"") == line.npos && line.find("\"type\":\"fence\"") == line.npos)
      lines.push_back(line + "\n");
  }
  std::vector<std::string> records;
  FrameHash prev;
  std::int64_t at = 0;
  for (std::uint64_t epoch = 1; epoch <= 3; ++epoch) {
    Fence fence;
    fence.epoch = Epoch{epoch};
    fence.owner.bytes.fill(static_cast<std::uint8_t>(epoch));
    records.push_back(build_fence(fence));
    for (int step = 0; step < 4; ++step) {
      std::string text;
      const std::size_t n = step == 3 ? 4'000 : static_cast<std::size_t>(step) * 3;  // the last in two parts
      for (std::size_t i = 0; i < n; ++i) text += lines[(i + records.size()) % lines.size()];
      const FrameSpan span{PartitionId{0}, Epoch{epoch}, Offset{at}, Offset{at + 5}, 1};
      for (std::string& record : build_frame(span, text, prev)) records.push_back(std::move(record));
      at += 5;
    }
  }
  return records;
}

// Most damage to the header: that is what is parsed.
std::string damaged(Damage& damage, const std::string& record) {
  const std::size_t end = std::min(record.find('\n'), record.size());
  if (damage.below(4) == 0) return damage.damaged(record);
  return damage.damaged(record.substr(0, end)) + record.substr(end);
}

TEST(FrameFuzz, DamageIsNoticedAtOnceOrByTheNextRecord) {
  const std::set<std::string> codes = {"frame_gap", "frame_overlap", "frame_hash", "frame_malformed"};
  const std::vector<std::string> chain = good_chain();
  ASSERT_GT(chain.size(), 15U) << "no frame came in two parts";
  std::vector<std::string> headers;
  for (const std::string& record : chain) headers.push_back(record.substr(0, record.find('\n')));
  Damage damage(headers, 8);
  std::vector<FrameReader> before(1);  // as each record finds it
  for (const std::string& record : chain) {
    FrameReader reader = before.back();
    ASSERT_TRUE(reader.read(record));
    before.push_back(reader);
  }
  for (std::size_t i = 0; i < rounds(20'000); ++i) {
    const std::size_t at = damage.below(chain.size() - 1);
    const std::string record = damaged(damage, chain[at]);
    if (record == chain[at]) continue;
    FrameReader reader = before[at];
    const auto verdict = reader.read(record);
    if (!verdict) {
      ASSERT_TRUE(codes.contains(verdict.error().code)) << verdict.error().code;
      ASSERT_EQ(verdict.error().next, Next::fatal);
      ASSERT_TRUE(json::is_utf8(verdict.error().message)) << shown(record);
      ASSERT_EQ(reader.position(), before[at].position()) << shown(record);
    } else if (*verdict == FrameVerdict::ignore) {
      ASSERT_EQ(reader.position(), before[at].position()) << shown(record);
    } else if (*verdict == FrameVerdict::fence) {
      ASSERT_GT(reader.position().epoch, before[at].position().epoch) << shown(record);
      ASSERT_EQ(reader.position().to, before[at].position().to) << shown(record);
    } else {
      // Its bytes are not those the chain was made of: no frame of the same owner follows it.
      std::size_t next = at + 1;
      while (next < chain.size() && chain[next].find("\"type\":\"fence\"") != std::string::npos) {
        ASSERT_TRUE(reader.read(chain[next]));
        ++next;
      }
      ASSERT_FALSE(reader.read(chain[next])) << shown(record);
    }
  }
}

}  // namespace
}  // namespace paytick::fuzz
