#include "ingest/log_feed.h"

#include <gtest/gtest.h>

namespace paytick::ingest {
namespace {

Input beat(std::uint8_t n) {
  Heartbeat heartbeat;
  heartbeat.attachment.bytes.fill(n);
  return heartbeat;
}

TEST(LogFeed, PacksThePartitionsLinesIntoOneRecordEach) {
  LogFeed feed(3);
  EXPECT_FALSE(feed.take({}));
  for (int i = 0; i < 4; ++i) feed.add(PartitionId{static_cast<std::uint32_t>(i % 2)}, beat(1));
  const auto batch = feed.take(TimeMs{5});
  ASSERT_TRUE(batch);
  ASSERT_EQ(batch->records.size(), 2U);
  EXPECT_EQ(batch->records[0].append_time, TimeMs{5});
  EXPECT_EQ(std::ranges::count(batch->records[0].value, '\n'), 2);
}

TEST(LogFeed, FillsTheNextWhileOneIsWritten) {
  LogFeed feed(1);
  feed.add(PartitionId{0}, beat(1));
  const auto first = feed.take({});
  feed.add(PartitionId{0}, beat(2));
  EXPECT_FALSE(feed.take({})) << "one at a time";
  EXPECT_FALSE(feed.idle());
  feed.complete(first->id);
  const auto second = feed.take({});
  ASSERT_TRUE(second);
  EXPECT_NE(first->id, second->id);
  feed.complete(second->id);
  EXPECT_TRUE(feed.idle());
}

TEST(LogFeed, KeepsRecordsNearTheirTargetAndInOrder) {
  LogFeed feed(1);
  std::size_t lines = 0;
  while (!feed.full()) {
    feed.add(PartitionId{0}, beat(static_cast<std::uint8_t>(++lines)));
  }
  const auto batch = feed.take({});
  std::size_t seen = 0;
  for (const auto& record : batch->records) {
    EXPECT_LT(record.value.size(), kRecordBytesTarget + 1'024);
    seen += static_cast<std::size_t>(std::ranges::count(record.value, '\n'));
  }
  EXPECT_EQ(seen, lines);
}

}  // namespace
}  // namespace paytick::ingest
