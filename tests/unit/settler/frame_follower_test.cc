#include "settler/frame_follower.h"

#include <gtest/gtest.h>

#include <random>

#include "unit/settler/log_fixture.h"

namespace paytick::settler::testing {
namespace {

// Frames of several records, fences that take a half-written one back, and duplicates: whoever goes on from a
// place between any two records is told the same lines.
TEST(FrameFollowerTest, GoesOnFromAnyPlace) {
  constexpr PartitionId kPartition{0};
  log::MemoryLog log{{.partitions = 1, .wait_blocks = false}};
  constexpr log::TopicPartition kTopic{log::Topic::ticks, kPartition};
  std::mt19937 dice(17);
  FrameHash prev;
  Epoch epoch{1};
  std::int64_t to = 0;
  const auto append = [&](const std::string& value) {
    ASSERT_TRUE(log.append(std::vector<log::NewRecord>{{kTopic, TimeMs{to}, {}, value}}));
  };
  const auto fence = [&](std::uint8_t owner) {
    append(build_fence({kPartition, epoch, id_of<OwnerId>(owner)}));
  };
  const std::string padding(100'000, 'x');
  fence(1);
  for (int i = 0; i < 30; ++i) {
    std::string lines;
    for (auto n = dice() % 12; n > 0; --n)
      lines += R"({"n":)" + std::to_string(dice()) + R"(,"padding":")" + padding + "\"}\n";
    FrameHash after = prev;
    const auto records = build_frame({kPartition, epoch, Offset{to}, Offset{to + 1}, 1}, lines, after);
    const bool dies = dice() % 3 == 0;
    for (std::size_t r = 0; r < records.size() - (dies ? 1 : 0); ++r) append(records[r]);
    if (dies) {
      epoch = Epoch{static_cast<std::uint64_t>(epoch) + 1};
      fence(static_cast<std::uint8_t>(i));
      fence(200);  // lost the race
    } else {
      append(records.back());  // sent again
      prev = after, ++to;
    }
  }

  const auto read_on = [&](FrameFollower& follower, std::size_t bytes, std::vector<std::string>& out) {
    const auto moved = follower.pump(bytes, [&](codec::MutableLine line, TimeMs at) -> Result<void> {
      out.push_back(std::to_string(at.ms) + " " +
                    std::string(line.data, std::min<std::size_t>(line.size, 20)));
      return {};
    });
    EXPECT_TRUE(moved) << moved.error().message;
    return moved && *moved;
  };
  std::vector<std::string> all;
  FrameFollower whole(log, kTopic);
  while (read_on(whole, 1 << 24, all)) {
  }
  ASSERT_GT(all.size(), 50U);
  std::vector<std::string> first;
  FrameFollower follower(log, kTopic);
  int within = 0;
  do {
    std::vector<std::string> told = first;
    FrameFollower other(log, kTopic, follower.place());
    within += follower.place().next != follower.next() ? 1 : 0;
    while (read_on(other, 1 << 24, told)) {
    }
    ASSERT_EQ(told, all);
    EXPECT_EQ(other.place(), whole.place());
  } while (read_on(follower, 1, first));
  EXPECT_GT(within, 5);  // places between the records of one frame
}

}  // namespace
}  // namespace paytick::settler::testing
