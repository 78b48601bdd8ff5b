// The proofs of schemas/golden/proof.ndjson, which proof_test.py computes from schemas/PROOF.md alone.

#include "model/proof.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "model/codec.h"
#include "model/little_endian.h"

namespace paytick {
namespace {

std::vector<Output> golden_story() {
  std::ifstream file(std::filesystem::path(PAYTICK_SOURCE_DIR) / "schemas" / "golden" / "proof.ndjson");
  std::vector<Output> story;
  for (std::string line; std::getline(file, line);) {
    const auto output = codec::parse_output({line.data(), line.size()});
    EXPECT_TRUE(output) << line;
    if (output) story.push_back(*output);
  }
  return story;
}

// Follows the chains of a story and gives what each proof should be.
class Prover {
 public:
  void operator()(const SumLine& line) { sums_[line.sum] = line; }
  void operator()(const OpenedLine& line) {
    check(sessions_[line.session] = link(line, sums_.at(line.sum)), line);
  }
  void operator()(const TickLine& line) { follow(sessions_.at(line.session), line); }
  void operator()(const AdjustLine& line) { follow(sessions_.at(line.session), line); }
  void operator()(const ClosedLine& line) { follow(sessions_.at(line.session), line); }
  void operator()(const ChargeLine& line) {
    const MeterId meter = sums_.at(line.sum).meter;
    follow(meters_.try_emplace(meter, start_charges(meter)).first->second, line);
  }
  template <typename Other>
  void operator()(const Other&) {
    ADD_FAILURE() << "a line without a proof";
  }

  int checked() const { return checked_; }

 private:
  template <typename Line>
  void follow(Proof& last, const Line& line) {
    last = link(last, line);
    check(last, line);
  }
  template <typename Line>
  void check(const Proof& proof, const Line& line) {
    EXPECT_EQ(to_text(proof), to_text(line.proof));
    ++checked_;
  }

  std::map<SumId, SumLine> sums_;
  std::map<SessionId, Proof> sessions_;
  std::map<MeterId, Proof> meters_;
  int checked_ = 0;
};

TEST(ProofChain, AgreesWithTheGoldenStory) {
  Prover prover;
  for (const Output& line : golden_story()) std::visit(prover, line);
  EXPECT_EQ(prover.checked(), 10);
}

TEST(ProofChain, CoversEveryMemberOfATick) {
  TickLine line;
  line.n = 1;
  const Proof proof = link(Proof(), line);
  std::vector<TickLine> changed(12, line);
  changed[0].session.bytes[15] = 1;
  changed[1].sum = SumId{1};
  changed[2].k = 1;
  changed[3].n = 2;
  changed[4].price = Amount(1);
  changed[5].start = TimeMs{1};
  changed[6].ticks = 1;
  changed[7].charged = Amount(1);
  changed[8].due = Amount(1);
  changed[9].paid_until = TimeMs{1};
  changed[10].spendable = Amount(-1);
  std::vector<Proof> proofs = {proof};
  for (std::size_t i = 0; i < 11; ++i) proofs.push_back(link(Proof(), changed[i]));
  proofs.push_back(link(proof, line));
  std::sort(proofs.begin(), proofs.end());
  EXPECT_EQ(std::unique(proofs.begin(), proofs.end()), proofs.end());
  changed[11].proof = proof;
  EXPECT_EQ(link(Proof(), changed[11]), proof) << "the line's own proof is not read";
}

TEST(ProofChain, PacksIntegersLittleEndian) {
  Packer<32> fields;
  fields.put(std::int32_t{-2}).put(std::uint16_t{0x0102}).put(true).put(SumId{7}).put(std::string_view("é"));
  const std::uint8_t expected[] = {0xfe, 0xff, 0xff, 0xff, 2, 1, 1, 7, 0, 0, 0, 0xc3, 0xa9};
  EXPECT_TRUE(std::ranges::equal(fields.bytes(), expected));
}

}  // namespace
}  // namespace paytick
