// The stages under many seeds, and bugs planted to show that the auditor sees them.

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <regex>
#include <string>

#include "simulation/simulator.h"

namespace paytick::simulation {

namespace {

constexpr std::uint64_t kSeeds = 2'000;
constexpr std::uint64_t kSteps = 800;

TEST(Simulation, AgreesUnderEverySeedWithEveryFaultAndEveryInput) {
  std::map<std::string, std::uint64_t> seeds_with, seeds_that_saw;
  std::uint64_t answers = 0;
  std::int64_t paid = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Report report = run_simulation(seed, kSteps);
    ASSERT_TRUE(report.ok()) << to_text(report);
    for (const auto& [kind, n] : report.faults) ++seeds_with[kind];
    if (report.snapshots_loaded != 0) ++seeds_with["(restored from a snapshot)"];
    if (report.settlers_restored != 0) ++seeds_with["(settler restored from a snapshot)"];
    for (const auto& [what, n] : report.seen) ++seeds_that_saw[what];
    answers += report.answers;
    paid += report.paid;
  }
  EXPECT_GT(paid, 0);
  EXPECT_GT(answers, 10 * kSeeds);
  EXPECT_EQ(seeds_with.size(), 37U);
  // Every type of input, every reason to halt and to give back, and all that is sold.
  EXPECT_EQ(seeds_that_saw.size(), 19U + 6U + 6U + 9U);
  for (const auto& [what, n] : seeds_that_saw) {
    EXPECT_GE(n, kSeeds / 100) << what;
    std::cout << what << " in " << n << " of " << kSeeds << " seeds\n";
  }
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

// By the audit (the auditor's comparison, or an invariant of the lines), in a way that tells of the bug:
// seeds in which a check of the product's own comes first do not count. A bad snapshot is mostly met by the
// replay of the frames behind it, so that it takes the longest.
struct Planted {
  Bug bug;
  const char* says;  // a regular expression
};
void PrintTo(const Planted& planted, std::ostream* out) { *out << to_text(planted.bug); }

class PlantedBug : public ::testing::TestWithParam<Planted> {};

TEST_P(PlantedBug, IsCaughtByTheAuditWithinFiveHundredSeeds) {
  int stopped = 0, otherwise = 0;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    const Report report = run_simulation(seed, kSteps, GetParam().bug);
    if (report.by_auditor && std::regex_search(report.difference, std::regex(GetParam().says))) {
      std::cout << to_text(report) << "\n"
                << stopped << " seeds before it were stopped by the product, " << otherwise
                << " differed otherwise\n";
      return;
    }
    stopped += report.ok() || report.by_auditor ? 0 : 1;
    otherwise += report.by_auditor ? 1 : 0;
    if (!report.ok() && stopped + otherwise == 1) std::cout << to_text(report) << "\n";
  }
  FAIL() << "no seed shows it to the audit; " << stopped << " were stopped by the product, " << otherwise
         << " differed otherwise";
}

constexpr Planted kPlanted[] = {
    {Bug::lost_position, "."},
    {Bug::missing_fence, "a second owner writes"},
    {Bug::swallowed_in_doubt, "is not on the log|does not say|has version"},
    {Bug::stale_snapshot, "."},
    {Bug::join_forgotten, "."},
    {Bug::key_forgotten, "a sum is|charges|spendable|charged"},
    {Bug::off_by_one, "ticks on the log"},
    {Bug::limit_off_by_one, "ticks on the log|a sum is|halts otherwise"},
    {Bug::free_again, "a sum is"},
    {Bug::initial_price_per_tick, "a sum is|ticks on the log"},
    {Bug::block_on_close, "a sum is"},
    {Bug::ticket_outlives_stream, "refused on the log"},
    {Bug::tip_while_frozen, "a sum is"},
    {Bug::resume_bills_pause, "ticks on the log"},
    {Bug::double_settle, "conservation|paid_beyond_due|the chain has paid"},
    {Bug::share_rounding_lost, "shares_differ"},
    {Bug::payout_beyond_due, "paid_beyond_due|conservation: .* has paid"},
    {Bug::refund_unsettled, "emptied"},
};
TEST(PlantedBugs, AreAllInTheList) { EXPECT_EQ(std::size(kPlanted), all_bugs().size()); }

INSTANTIATE_TEST_SUITE_P(All, PlantedBug, ::testing::ValuesIn(kPlanted), [](const auto& planted) {
  std::string name(to_text(planted.param.bug));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace paytick::simulation
