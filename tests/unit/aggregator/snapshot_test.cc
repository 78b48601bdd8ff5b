#include <gtest/gtest.h>

#include "aggregator/fold.h"
#include "teller.h"

namespace paytick::aggregator {
namespace {

std::vector<std::string> some_snapshot(Teller& t) {
  t.fund(50'000'000);
  for (int i = 0; i < 50; ++i) {
    t.at(i * 11'000);
    t.open("s" + std::to_string(i));
    t.ping("s" + std::to_string(i));
  }
  return t.fold().snapshot(Offset{42}, named<FrameHash>("prev")).all();
}

TEST(Snapshot, CarriesItsPosition) {
  Teller t;
  const auto restored = Fold::restore({}, source_of(some_snapshot(t)));
  ASSERT_TRUE(restored);
  EXPECT_EQ(restored->position, Offset{42});
  EXPECT_EQ(restored->prev, named<FrameHash>("prev"));
}

TEST(Snapshot, AnyDamageIsSeen) {
  Teller t;
  const auto chunks = some_snapshot(t);
  for (std::size_t c = 0; c < chunks.size(); ++c) {
    for (std::size_t at = 0; at < chunks[c].size(); at += c == 0 ? 1 : 97) {
      auto damaged = chunks;
      damaged[c][at] = static_cast<char>(damaged[c][at] ^ 0x10);
      EXPECT_FALSE(Fold::restore({}, source_of(damaged))) << "chunk " << c << " byte " << at;
    }
    auto missing = chunks;
    missing.erase(missing.begin() + static_cast<std::ptrdiff_t>(c));
    EXPECT_FALSE(Fold::restore({}, source_of(missing)));
  }
  auto more = chunks;
  more.push_back("x");
  EXPECT_EQ(Fold::restore({}, source_of(more)).error().code, "snapshot_corrupt");
  EXPECT_EQ(Fold::restore({}, source_of({})).error().code, "snapshot_corrupt");
}

TEST(Snapshot, OfOtherRulesOrAnotherPartitionIsRefused) {
  Teller t;
  auto chunks = some_snapshot(t);
  EXPECT_EQ(Fold::restore({PartitionId{1}, 2}, source_of(chunks)).error().code, "snapshot_corrupt");
  chunks[0][20] = 99;  // the rules' version
  EXPECT_EQ(Fold::restore({}, source_of(chunks)).error().code, "snapshot_version");
}

}  // namespace
}  // namespace paytick::aggregator
