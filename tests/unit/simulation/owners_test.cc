// A second owner's writes on a topic of frames, and those that look like one and are not.

#include "simulation/owners.h"

#include <gtest/gtest.h>

#include "log/memory/memory_log.h"
#include "model/frame.h"

namespace paytick::simulation {
namespace {

constexpr log::TopicPartition kTicks{log::Topic::ticks, PartitionId{0}};

struct Owner {
  std::uint64_t epoch;
  std::int64_t at = 0;
  FrameHash prev;
};

class OwnersTest : public ::testing::Test {
 protected:
  void put(const std::string& value) {
    const log::NewRecord record{kTicks, {}, {}, value};
    ASSERT_TRUE(log_.append(std::span(&record, 1)));
  }
  void fence(std::uint64_t epoch) { put(build_fence({PartitionId{0}, Epoch{epoch}, {}})); }
  void write(Owner& owner, const std::string& lines = "{}\n", std::size_t parts = 9) {
    const FrameSpan span{PartitionId{0}, Epoch{owner.epoch}, Offset{owner.at}, Offset{owner.at + 1}, 1};
    ++owner.at;
    auto records = build_frame(span, lines, owner.prev);
    for (std::size_t i = 0; i < records.size() && i < parts; ++i) put(records[i]);
  }
  std::string found() { return unfenced_write(log_, kTicks); }

  log::MemoryLog log_{{.partitions = 1, .wait_blocks = false}};
};

TEST_F(OwnersTest, OneAfterTheOtherIsAsItShouldBe) {
  Owner first{1, 0, {}};
  fence(1);
  write(first);
  Owner second{3, first.at, first.prev};
  fence(3);
  write(first);  // late: it does not know yet, and nobody counts it
  write(second);
  EXPECT_EQ(found(), "");
}

TEST_F(OwnersTest, AFrameThatItsOwnerDidNotFinishIsDropped) {
  Owner first{1, 0, {}};
  fence(1);
  write(first);
  Owner second{2, first.at, first.prev};
  write(first, std::string(300'000, 'x') + "\n" + std::string(300'000, 'x') + "\n", 1);
  fence(2);
  write(second, std::string(300'000, 'x') + "\n" + std::string(300'000, 'x') + "\n");
  write(second);
  EXPECT_EQ(found(), "");
}

TEST_F(OwnersTest, WithoutAFence) {
  Owner first{1, 0, {}};
  fence(1);
  write(first);
  Owner second{2, first.at, first.prev};
  write(second);
  EXPECT_NE(found().find("a frame of epoch 2"), std::string::npos) << found();
}

TEST_F(OwnersTest, UnderTheFirstOnesFence) {
  Owner first{1, 0, {}};
  fence(1);
  write(first);
  Owner second = first;
  write(first);
  write(second, "{\"other\":1}\n");
  EXPECT_NE(found().find("of the first one's epoch"), std::string::npos) << found();
}

TEST_F(OwnersTest, WithAFenceOfAnEpochThatIsTaken) {
  fence(1);
  fence(1);
  EXPECT_NE(found().find("stands behind"), std::string::npos) << found();
}

}  // namespace
}  // namespace paytick::simulation
