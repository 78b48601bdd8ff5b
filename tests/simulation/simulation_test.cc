// The stages under many seeds, and bugs planted to show that the auditor sees them.

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>

#include "simulation/simulator.h"

namespace paytick::simulation {

// How the test framework names it.
static void PrintTo(Bug bug, std::ostream* out) { *out << to_text(bug); }

namespace {

constexpr std::uint64_t kSeeds = 2'000;
constexpr std::uint64_t kSteps = 800;

TEST(Simulation, AgreesUnderEverySeedAndEveryFaultFires) {
  std::map<std::string, std::uint64_t> seeds_with;
  std::int64_t paid = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Report report = run_simulation(seed, kSteps);
    ASSERT_TRUE(report.ok()) << to_text(report);
    for (const auto& [kind, n] : report.faults) ++seeds_with[kind];
    if (report.snapshots_loaded != 0) ++seeds_with["(restored from a snapshot)"];
    if (report.settlers_restored != 0) ++seeds_with["(settler restored from a snapshot)"];
    paid += report.paid;
  }
  EXPECT_GT(paid, 0);
  EXPECT_EQ(seeds_with.size(), 37U);
  for (const auto& [kind, n] : seeds_with) {
    EXPECT_GE(n, kSeeds / 100) << kind;
    std::cout << kind << " in " << n << " of " << kSeeds << " seeds\n";
  }
}

TEST(Simulation, TheSameSeedGivesTheSameTrace) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Report first = run_simulation(seed, kSteps), second = run_simulation(seed, kSteps);
    EXPECT_EQ(first.trace, second.trace);
    EXPECT_EQ(to_text(first), to_text(second));
    EXPECT_NE(first.trace, run_simulation(seed + 1, kSteps).trace);
  }
}

// By the auditor's comparison: seeds in which a check of the product's own comes first do not count.
// A stale snapshot is mostly met by the replay of the frames behind it, so it takes the longest.
class PlantedBug : public ::testing::TestWithParam<Bug> {};

TEST_P(PlantedBug, IsCaughtByTheAuditorWithinFiveHundredSeeds) {
  int stopped = 0;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    const Report report = run_simulation(seed, kSteps, GetParam());
    if (report.by_auditor) {
      std::cout << to_text(report) << "\n" << stopped << " seeds before it were stopped by the product\n";
      return;
    }
    if (!report.ok() && stopped++ == 0) std::cout << to_text(report) << "\n";
  }
  FAIL() << "no seed shows it to the auditor; " << stopped << " were stopped by the product";
}

INSTANTIATE_TEST_SUITE_P(All, PlantedBug,
                         ::testing::Values(Bug::lost_position, Bug::double_settle, Bug::off_by_one,
                                           Bug::missing_fence, Bug::stale_snapshot, Bug::swallowed_in_doubt),
                         [](const auto& planted) {
                           std::string name(to_text(planted.param));
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace paytick::simulation
