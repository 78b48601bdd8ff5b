#include "log/snapshot_slots.h"

#include <gtest/gtest.h>

#include "log/memory/memory_log.h"

namespace paytick::log {
namespace {

constexpr PartitionId kPartition{0};
constexpr TimeMs kNow{1'800'000'000'000};

class SnapshotSlotsTest : public testing::Test {
 protected:
  static std::vector<std::string> chunks_named(const std::string& name, int n) {
    std::vector<std::string> chunks;
    for (int i = 0; i < n; ++i) chunks.push_back(name + std::to_string(i));
    return chunks;
  }
  // One step: true when the snapshot is complete.
  bool step(SnapshotSlots& slots, std::size_t bytes_max = 1) {
    const auto records = slots.next(bytes_max, kNow);
    return slots.wrote(*log_.append(records));
  }
  void write(SnapshotSlots& slots, const std::string& name, int n) {
    slots.begin(name, source_of(chunks_named(name, n)));
    while (!step(slots)) EXPECT_TRUE(slots.is_writing());
    EXPECT_FALSE(slots.is_writing());
  }
  std::optional<SnapshotSlots::Stored> newest(const std::string& prefix = {}) {
    return *SnapshotSlots(log_, kPartition, prefix).load();
  }

  MemoryLog log_{{.partitions = 1, .wait_blocks = false}};
};

TEST_F(SnapshotSlotsTest, ThereIsNoneAtFirst) { EXPECT_FALSE(newest()); }

TEST_F(SnapshotSlotsTest, TheNewestOneIsReadBack) {
  SnapshotSlots slots(log_, kPartition);
  for (int i = 1; i <= 5; ++i) {
    const std::string name = "snapshot " + std::to_string(i) + ", ";
    write(slots, name, 2 * i % 7 + 1);
    ASSERT_TRUE(newest());
    EXPECT_EQ(newest()->about, name);
    EXPECT_EQ(newest()->chunks, chunks_named(name, 2 * i % 7 + 1));
  }
}

TEST_F(SnapshotSlotsTest, OthersMayWriteBetweenItsChunks) {
  SnapshotSlots mine(log_, kPartition), theirs(log_, kPartition, "other/");
  for (const char* round : {"a", "b", "c"}) {
    mine.begin(round, source_of(chunks_named(round, 9)));
    theirs.begin(round, source_of(chunks_named("their ", 5)));
    while (mine.is_writing() || theirs.is_writing()) {
      if (mine.is_writing()) step(mine);
      if (theirs.is_writing()) step(theirs);
    }
    ASSERT_TRUE(newest() && newest("other/"));
    EXPECT_EQ(newest()->chunks, chunks_named(round, 9));
    EXPECT_EQ(newest("other/")->chunks, chunks_named("their ", 5));
  }
}

TEST_F(SnapshotSlotsTest, OneThatIsHalfWrittenHarmsNothing) {
  SnapshotSlots slots(log_, kPartition);
  write(slots, "whole ", 3);
  for (int records = 1; records <= 4; ++records) {
    SnapshotSlots next(log_, kPartition);
    ASSERT_TRUE(*next.load());
    next.begin("half", source_of(chunks_named("half ", 4)));
    for (int i = 0; i < records; ++i) ASSERT_FALSE(step(next));
    ASSERT_TRUE(newest());
    EXPECT_EQ(newest()->chunks, chunks_named("whole ", 3));
  }
}

TEST_F(SnapshotSlotsTest, WhatWasNotWrittenIsHandedOutAgain) {
  SnapshotSlots slots(log_, kPartition);
  slots.begin({}, source_of(chunks_named("c", 5)));
  const auto first = slots.next(4, kNow);
  const auto again = slots.next(4, kNow);
  ASSERT_EQ(first.size(), 2U);
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(first[1].key, again[1].key);
  EXPECT_EQ(first[1].value, again[1].value);
  while (!step(slots, 4)) {
  }
  EXPECT_EQ(newest()->chunks, chunks_named("c", 5));
}

TEST_F(SnapshotSlotsTest, AReaderThatWasOvertakenIsToldSo) {
  SnapshotSlots slots(log_, kPartition);
  write(slots, "first ", 3);
  SnapshotSlots reading(log_, kPartition);
  auto reader = *reading.open();
  ASSERT_TRUE(reader);
  write(slots, "second ", 3);  // in the other slot
  write(slots, "third ", 3);   // over the first
  const auto chunk = reader->next();
  ASSERT_FALSE(chunk);
  EXPECT_EQ(chunk.error().code, "snapshot_replaced");
  EXPECT_EQ(chunk.error().next, Next::retry);
  EXPECT_EQ(reading.load()->value().chunks, chunks_named("third ", 3));
}

TEST_F(SnapshotSlotsTest, AMissingChunkIsNoSnapshot) {
  SnapshotSlots slots(log_, kPartition);
  write(slots, "c", 3);
  const NewRecord deletion{{Topic::snapshots, kPartition}, kNow, "0/1", {}};
  ASSERT_TRUE(log_.append(std::span(&deletion, 1)));
  EXPECT_FALSE(newest());
}

}  // namespace
}  // namespace paytick::log
