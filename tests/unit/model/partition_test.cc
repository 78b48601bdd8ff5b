#include "model/partition.h"

#include <gtest/gtest.h>

namespace paytick {
namespace {

// The values that Kafka's own tests hold its Java code to.
TEST(Partition, Murmur2AgreesWithKafka) {
  const auto hash = [](std::string_view key) { return static_cast<std::int32_t>(murmur2(key)); };
  EXPECT_EQ(hash("21"), -973932308);
  EXPECT_EQ(hash("foobar"), -790332482);
  EXPECT_EQ(hash("a-little-bit-long-string"), -985981536);
  EXPECT_EQ(hash("a-little-bit-longer-string"), -1486304829);
  EXPECT_EQ(hash("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), -58897971);
  EXPECT_EQ(hash("abc"), 479470107);
}

TEST(Partition, OfAViewerIsTheHashOfItsText) {
  const auto viewer = parse_id<ViewerId>("GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ");
  ASSERT_TRUE(viewer);
  const std::uint32_t hash = murmur2(to_text(*viewer)) & 0x7fffffffU;
  for (const std::uint32_t partitions : {1U, 2U, 7U, 64U, 1'000'003U}) {
    EXPECT_EQ(partition_of(*viewer, partitions), PartitionId{hash % partitions});
  }
}

}  // namespace
}  // namespace paytick
