#include "app/atomic_file.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace paytick::app {
namespace {

namespace fs = std::filesystem;

class AtomicFileTest : public testing::Test {
 protected:
  void TearDown() override { fs::remove_all(folder_); }
  std::string content() const {
    std::ifstream in(file_);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string name_ = testing::TempDir() + "paytick-file-XXXXXX";
  const fs::path folder_ = ::mkdtemp(name_.data());
  const fs::path file_ = folder_ / "dev.json";
};

TEST_F(AtomicFileTest, IsItsOwnersAloneAndReplacesTheOneBefore) {
  std::ofstream(file_) << "before, and longer";
  ASSERT_TRUE(write_private_file(file_, "after"));
  EXPECT_EQ(content(), "after");
  EXPECT_EQ(fs::status(file_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

// As gateways that start side by side.
TEST_F(AtomicFileTest, IsWholeWhoeverWritesAtTheSameTime) {
  constexpr std::size_t kWriters = 8, kSize = 20'000;
  ASSERT_TRUE(write_private_file(file_, std::string(kSize, 'a')));
  std::atomic<std::size_t> failures{0}, left{kWriters};
  std::vector<std::thread> writers;
  for (std::size_t w = 0; w < kWriters; ++w)
    writers.emplace_back([&, w] {
      for (int i = 0; i < 20; ++i)
        if (!write_private_file(file_, std::string(kSize, static_cast<char>('a' + w)))) ++failures;
      --left;
    });
  while (left > 0) {
    const std::string seen = content();
    EXPECT_TRUE(seen.size() == kSize && seen.find_first_not_of(seen[0]) == std::string::npos);
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(failures, 0U);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1) << "nothing else is left behind";
}

TEST_F(AtomicFileTest, LeavesNothingBehindWhereItCannotBe) {
  fs::create_directories(file_ / "a folder of that name");
  const auto written = write_private_file(file_, "content");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, "file_write");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

}  // namespace
}  // namespace paytick::app
