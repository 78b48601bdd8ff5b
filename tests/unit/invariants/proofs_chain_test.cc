#include "invariants/proofs_chain.h"

#include "lines.h"

namespace paytick::invariants {
namespace {

class ProofsChainTest : public testing::Test {
 protected:
  ProofsChainTest()
      : opened_(opened(1, 0)), ticks_(ticks(1, 0, 0, 3, 3, 30, 10, 0)), tip_(tip(0, 5, 35, 15, 0)) {
    opened_.proof = link(opened_, sum(0));
    ticks_.proof = link(opened_.proof, ticks_);
    back_ = back(ticks(1, 0, 2, 1, 2, 20, 10, 0));
    back_.proof = link(ticks_.proof, back_);
    closed_.session = opened_.session;
    closed_.ticks = 2;
    closed_.proof = link(back_.proof, closed_);
    tip_.proof = link(start_charges(id<MeterId>(1)), tip_);
    fine(rule_, sum(0));
  }
  ProofsChain rule_;
  OpenedLine opened_;
  TickLine ticks_;
  AdjustLine back_;
  ClosedLine closed_;
  ChargeLine tip_;
};

TEST_F(ProofsChainTest, HoldsFromTheFirstLineToTheLast) {
  fine(rule_, opened_);
  fine(rule_, ticks_);
  fine(rule_, tip_);
  fine(rule_, back_);
  fine(rule_, closed_);
  ChargeLine second = tip_;
  second.key = "b";
  second.proof = link(tip_.proof, second);
  fine(rule_, second);
  EXPECT_EQ(rule_.links(), 6U);
}

TEST_F(ProofsChainTest, AChangedLine) {
  fine(rule_, opened_);
  ticks_.price = Amount(11);
  const auto what = wrong(rule_, ticks_, "proof_broken");
  EXPECT_NE(what.find(to_text(opened_.session)), what.npos) << what;
}

TEST_F(ProofsChainTest, ALostLine) {
  fine(rule_, opened_);
  wrong(rule_, back_, "proof_broken");
}

TEST_F(ProofsChainTest, AnOpeningThatNamesAnotherCreator) {
  SumLine other = sum(1);
  other.creator = id<CreatorId>(8);
  fine(rule_, other);
  opened_.sum = SumId{1};
  wrong(rule_, opened_, "proof_broken");
}

TEST_F(ProofsChainTest, AChargeToldTwice) {
  fine(rule_, tip_);
  wrong(rule_, tip_, "proof_broken");
}

}  // namespace
}  // namespace paytick::invariants
