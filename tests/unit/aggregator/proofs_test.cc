// The chains of many sessions at once: proofs are hashed several sessions at a time, and each line must carry
// the link that PROOF.md says.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <variant>

#include "model/proof.h"
#include "teller.h"

namespace paytick::aggregator {
namespace {

// Walks the lines in log order and holds each session's links against the chain from its opening.
class Chains {
 public:
  void check(const std::vector<Output>& lines) {
    for (const Output& line : lines) std::visit([this](const auto& l) { on(l); }, line);
  }
  std::size_t links = 0;

 private:
  void on(const SumLine& line) { sums_[line.sum] = line; }
  void on(const OpenedLine& line) { expect(line.session, link(line, sums_.at(line.sum)), line.proof); }
  void on(const TickLine& line) { expect(line.session, link(chains_.at(line.session), line), line.proof); }
  void on(const AdjustLine& line) { expect(line.session, link(chains_.at(line.session), line), line.proof); }
  void on(const ClosedLine& line) { expect(line.session, link(chains_.at(line.session), line), line.proof); }
  void on(const auto&) {}
  void expect(const SessionId& session, const Proof& wanted, const Proof& found) {
    EXPECT_EQ(found, wanted) << "link " << links;
    chains_[session] = found;
    ++links;
  }

  std::map<SumId, SumLine> sums_;
  std::map<SessionId, Proof> chains_;
};

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
  Chains chains;
  chains.check(t.lines);
  EXPECT_GT(t.all<TickLine>().size(), 100U);
  EXPECT_GT(t.all<AdjustLine>().size(), 5U);
  EXPECT_EQ(t.all<ClosedLine>().size(), kSessions);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Proofs, testing::Range(1U, 6U));

}  // namespace
}  // namespace paytick::aggregator
