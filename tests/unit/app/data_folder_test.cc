#include "app/data_folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace paytick::app {
namespace {

namespace fs = std::filesystem;

class DataFolderTest : public testing::Test {
 protected:
  void TearDown() override { fs::remove_all(parent_); }

  std::string name_ = testing::TempDir() + "paytick-data-XXXXXX";
  fs::path parent_ = ::mkdtemp(name_.data());
};

TEST_F(DataFolderTest, IsMadeForItsOwnerAloneAndHeldByOne) {
  const fs::path data = parent_ / "some" / "data";
  auto first = DataFolder::claim(data);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(fs::status(data).permissions(), fs::perms::owner_all);
  EXPECT_TRUE(DataFolder::in_use(data));
  EXPECT_FALSE(DataFolder::in_use(parent_));
  const auto second = DataFolder::claim(data);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "data_in_use");
  EXPECT_NE(second.error().message.find("(pid " + std::to_string(::getpid()) + ")"), std::string::npos)
      << second.error().message;
  EXPECT_NE(second.error().message.find(data.string()), std::string::npos);
}

TEST_F(DataFolderTest, IsFreeAgainAndSurvivesTheLeftovers) {
  { ASSERT_TRUE(DataFolder::claim(parent_)); }
  EXPECT_FALSE(DataFolder::in_use(parent_));
  std::ofstream(parent_ / "lock") << "99999999 was killed, and this line is longer than a pid";
  EXPECT_TRUE(DataFolder::claim(parent_));
}

TEST_F(DataFolderTest, WhatIsNoFolderIsNamed) {
  std::ofstream(parent_ / "file") << "x";
  const auto claimed = DataFolder::claim(parent_ / "file");
  ASSERT_FALSE(claimed);
  EXPECT_EQ(claimed.error().code, "data_folder");
  EXPECT_NE(claimed.error().message.find((parent_ / "file").string()), std::string::npos);
}

}  // namespace
}  // namespace paytick::app
