// A log that has lost some of what its own records speak of is no log to start on.

#include "app/roles/kept_records.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "log/memory/memory_log.h"
#include "model/frame.h"

namespace paytick::app {
namespace {

using log::Role;
using log::Topic;
using std::chrono::milliseconds;

constexpr PartitionId kPartition{1};
constexpr std::uint32_t kPartitions = 2;

// A partition's log, of which single topics can be made shorter than they were.
class Story {
 public:
  Story& inputs(int count) { return fill(Topic::heartbeats, count); }
  Story& outside(int count) { return fill(Topic::heartbeats_in, count); }
  Story& fence() { return write(build_fence({kPartition, Epoch{++epoch_}, {}})); }
  Story& frame(int from, int to) {
    FrameHash prev;
    for (std::string& record :
         build_frame({kPartition, Epoch{epoch_}, Offset{from}, Offset{to}, 1}, "", prev))
      write(std::move(record));
    return *this;
  }
  Story& settlement() { return fill(Topic::settlements, 1); }
  Story& position(Role role, int to) {
    const auto lease = log_.acquire(role, kPartition);
    EXPECT_TRUE(log_.commit({*lease, {}, Offset{to}}));
    return *this;
  }
  std::string check() {
    const auto kept = check_records_kept(
        log_, [this](Role role, PartitionId p) { return log_.position(role, p); }, milliseconds(0));
    if (kept) return "kept";
    EXPECT_EQ(kept.error().next, Next::fatal);
    return kept.error().code + ": " + kept.error().message;
  }

 private:
  Story& fill(Topic topic, int count) {
    for (int i = 0; i < count; ++i) append(topic, "x");
    return *this;
  }
  Story& write(std::string record) {
    append(Topic::ticks, std::move(record));
    return *this;
  }
  void append(Topic topic, std::string value) {
    const log::NewRecord record{{topic, kPartition}, {}, {}, std::move(value)};
    EXPECT_TRUE(log_.append(std::span(&record, 1)));
  }

  log::MemoryLog log_{{.partitions = kPartitions}};
  std::uint64_t epoch_ = 0;
};

void expect_lost(Story& story, const std::string& words) {
  const std::string told = story.check();
  EXPECT_TRUE(told.starts_with("records_lost: ")) << told;
  EXPECT_NE(told.find(words), std::string::npos) << told;
}

TEST(KeptRecords, WhatIsWholeIsKept) {
  EXPECT_EQ(Story().check(), "kept");
  EXPECT_EQ(Story().inputs(3).check(), "kept");
  EXPECT_EQ(Story().fence().check(), "kept");
  // A frame for each input, and more of them than are looked at first; a fence of the next owner behind them.
  Story story;
  story.inputs(200).fence();
  for (int i = 0; i < 150; ++i) story.frame(i, i + 1);
  story.fence().position(Role::aggregator, 150).settlement().position(Role::settler, 100);
  EXPECT_EQ(story.outside(4).position(Role::bridge, 4).check(), "kept");
}

TEST(KeptRecords, FencesWithoutEndHideNoFrame) {
  Story story;
  story.inputs(5).fence().frame(0, 5).position(Role::aggregator, 5);
  for (int i = 0; i < 2'000; ++i) story.fence();
  EXPECT_EQ(story.check(), "kept");
}

TEST(KeptRecords, InputsThatWereFoldedAreMissed) {
  expect_lost(Story().inputs(2).fence().frame(0, 3), "heartbeats, partition 1: it ends at 2, but ticks has");
  expect_lost(Story().inputs(2).position(Role::aggregator, 3), "it ends at 2, but aggregators stand at 3");
}

TEST(KeptRecords, FramesThatWereCommittedAreMissed) {
  expect_lost(Story().inputs(9).position(Role::aggregator, 9),
              "ticks, partition 1: its frames reach input 0, but aggregators stand at 9");
  expect_lost(Story().inputs(9).fence().frame(0, 5).position(Role::aggregator, 9), "reach input 5, but");
  // Made anew, and written to before anybody noticed.
  expect_lost(Story().inputs(9).frame(8, 9).position(Role::aggregator, 9), "first frame begins at input 8");
  expect_lost(Story().fence().position(Role::settler, 2), "it ends at 1, but settlers stand at 2");
}

TEST(KeptRecords, SettlementsAndOutsideLinesAreMissed) {
  expect_lost(Story().fence().position(Role::settler, 1), "settlements, partition 1: it is empty");
  expect_lost(Story().outside(1).position(Role::bridge, 2), "heartbeats-in, partition 1: it ends at 1");
}

}  // namespace
}  // namespace paytick::app
