// The chains of many sessions at once: proofs are hashed several sessions at a time, and each line must carry
// the link that PROOF.md says.
#include <gtest/gtest.h>

#include <random>
#include <variant>

#include "invariants/proofs_chain.h"
#include "teller.h"

namespace paytick::aggregator {
namespace {

std::string name_of(std::size_t i) { return "s" + std::to_string(i); }

// Sessions ping, stop and come back in one record, in any order, some several times in a row.
class Proofs : public testing::TestWithParam<unsigned> {};

TEST_P(Proofs, FollowEachOtherWithinOneRecord) {
  constexpr unsigned kSessions = 20;
  std::mt19937 random(GetParam());
  Teller t;
  t.plan.tick_ms = 1'000;
  t.plan.heartbeat_ms = 3'000;
  t.fund(50'000'000'000);
  for (std::size_t i = 0; i < kSessions; ++i) t.open(name_of(i));
  std::int64_t now = 0;
  for (int round = 0; round < 30; ++round) {
    std::string record;
    for (auto n = random() % 60; n > 0; --n) {
      const std::string name = name_of(random() % kSessions);
      const TimeMs at{Teller::kBegin + now + static_cast<std::int64_t>(random() % 3'000)};
      const auto session = named<SessionId>(name);
      const auto attachment = named<AttachmentId>(name);
      if (random() % 8 == 0) {
        codec::write(Input(Stop{session, attachment, at}), record);
      } else {
        codec::write(Input(Heartbeat{session, attachment, 1, at}), record);
      }
    }
    now += 3'000;
    t.at(now);
    t.say_raw(record);
    t.clock();
  }
  t.at(now + 600'000);
  t.clock();
  invariants::ProofsChain chains;
  for (const Output& line : t.lines) {
    const auto fine = chains.check(line, {});
    ASSERT_TRUE(fine) << "link " << chains.links() << ": " << fine.error().message;
  }
  EXPECT_GT(t.all<TickLine>().size(), 100U);
  EXPECT_GT(t.all<AdjustLine>().size(), 5U);
  EXPECT_EQ(t.all<ClosedLine>().size(), kSessions);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Proofs, testing::Range(1U, 6U));

}  // namespace
}  // namespace paytick::aggregator
