#include "app/roles/identity.h"

#include <gtest/gtest.h>

#include <fstream>

#include "app/system_ports.h"

namespace paytick::app {
namespace {

namespace fs = std::filesystem;

TEST(Identity, StaysAndBootsGrowEvenWhenTheClockStepsBack) {
  const fs::path file = fs::path(testing::TempDir()) / "identity-grows.json";
  fs::remove(file);
  SystemRandom random;
  const auto first = next_identity(file, random, TimeMs{5'000});
  ASSERT_TRUE(first);
  const auto second = next_identity(file, random, TimeMs{1'000});
  ASSERT_TRUE(second);
  EXPECT_EQ(second->gateway, first->gateway);
  EXPECT_EQ(second->resume_key, first->resume_key);
  EXPECT_GT(second->boot, first->boot);
  fs::remove(file);
}

TEST(Identity, ADamagedFileIsNotReplacedSilently) {
  const fs::path file = fs::path(testing::TempDir()) / "identity-damaged.json";
  std::ofstream(file) << "{\"gateway\":\"x\"}";
  SystemRandom random;
  const auto identity = next_identity(file, random, TimeMs{1});
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().code, "identity_corrupt");
  fs::remove(file);
}

}  // namespace
}  // namespace paytick::app
