// The stages under many seeds, and bugs planted to show that the auditor sees them.

#include <gtest/gtest.h>

#include "simulation/simulator.h"

namespace paytick::simulation {
namespace {

constexpr std::uint64_t kSeeds = 2'000;
constexpr std::uint64_t kSteps = 600;

TEST(Simulation, AgreesUnderEverySeedAndEveryFaultFires) {
  std::map<std::string, std::uint64_t> seeds_with;
  std::int64_t paid = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Report report = run_simulation(seed, kSteps);
    ASSERT_TRUE(report.ok()) << to_text(report);
    for (const auto& [kind, n] : report.faults) ++seeds_with[kind];
    paid += report.paid;
  }
  EXPECT_GT(paid, 0);
  EXPECT_EQ(seeds_with.size(), 19U);
  for (const auto& [kind, n] : seeds_with) {
    EXPECT_GE(n, kSeeds / 100) << kind;
    std::cout << kind << " in " << n << " of " << kSeeds << " seeds\n";
  }
}

TEST(Simulation, TheSameSeedGivesTheSameReport) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    EXPECT_EQ(to_text(run_simulation(seed, kSteps)), to_text(run_simulation(seed, kSteps)));
}

class PlantedBug : public ::testing::TestWithParam<Bug> {};

TEST_P(PlantedBug, IsCaughtWithinFiftySeeds) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Report report = run_simulation(seed, kSteps, GetParam());
    if (!report.ok()) {
      std::cout << to_text(report) << "\n";
      return;
    }
  }
  FAIL() << "no seed shows it";
}

INSTANTIATE_TEST_SUITE_P(All, PlantedBug,
                         ::testing::Values(Bug::lost_position, Bug::double_settle, Bug::off_by_one,
                                           Bug::missing_fence, Bug::swallowed_in_doubt));

}  // namespace
}  // namespace paytick::simulation
