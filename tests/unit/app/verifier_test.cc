// What verify asks the chain, with a chain in memory and a log as the real fold writes it.
#include "app/verify/verifier.h"

#include <gtest/gtest.h>

#include "unit/projections/billed_log.h"
#include "unit/settler/fake_chain.h"

namespace paytick::app {
namespace {

using aggregator::named;

class VerifierTest : public ::testing::Test {
 protected:
  VerifierTest() {
    for (const char* name : {"v", "w"}) {
      MeterReport& totals = chain_.meter_totals[named<MeterId>(name)];
      totals.viewer = named<ViewerId>(name);
      totals.meter = named<MeterId>(name);
      totals.deposited = totals.allowance = Amount(50'000'000);
    }
  }
  std::string difference() {
    const auto report = Verifier(billed_.log(), &chain_, "").run({});
    EXPECT_TRUE(report) << report.error().message;
    return report ? report->difference.value_or("") : report.error().code;
  }
  MeterReport& meter(const char* name) { return chain_.meter_totals[named<MeterId>(name)]; }

  projections::BilledLog billed_;
  settler::testing::FakeChain chain_;
};

TEST_F(VerifierTest, TheLogMayBeBehindTheChain) {
  EXPECT_EQ(difference(), "");
  meter("v").deposited = Amount(90'000'000);
  meter("w").refunded = Amount(1);
  EXPECT_EQ(difference(), "");
}

TEST_F(VerifierTest, ADepositThatTheChainDoesNotKnowIsADifference) {
  meter("v").deposited = Amount(49'999'999);
  EXPECT_NE(difference().find("deposited 5.0000000"), std::string::npos) << difference();
}

TEST_F(VerifierTest, SoAreAnAllowanceAnotherViewerAndAMeterThatIsNotThere) {
  meter("v").allowance = Amount(1);
  EXPECT_NE(difference().find("allowance 5.0000000"), std::string::npos) << difference();
  meter("v").allowance = kMaxAmount;
  meter("w").viewer = named<ViewerId>("thief");
  EXPECT_NE(difference().find("of viewer"), std::string::npos) << difference();
  chain_.meter_totals.erase(named<MeterId>("w"));
  EXPECT_NE(difference().find("does not answer"), std::string::npos) << difference();
}

TEST_F(VerifierTest, APaymentThatTheLogDoesNotKnowIsADifference) {
  chain_.paid_sums[{named<MeterId>("v"), named<CreatorId>("creator"), 0}] = 10'000;
  EXPECT_NE(difference().find("the contract has paid"), std::string::npos) << difference();
}

// Whatever the chain made of it: an invariant of the log alone.
TEST_F(VerifierTest, ABatchForMoreThanIsDueIsADifference) {
  Prepared prepared;
  prepared.hash = named<TxHash>("tx");
  prepared.envelope = "tx";
  prepared.items = {{SumId{0}, named<MeterId>("v"), named<CreatorId>("creator"), 0, Amount(90'000'000)}};
  billed_.settle({prepared});
  EXPECT_NE(difference().find("(paid_beyond_due)"), std::string::npos) << difference();
}

// Ordered on the log, paid in or on the way.
TEST_F(VerifierTest, CreditsAreOrderedPaidInOrOnTheirWay) {
  const MeterId credited = named<MeterId>("v");
  Credit order;
  order.viewer = named<ViewerId>("v");
  order.meter = credited;
  order.amount = Amount(300);
  order.key = "pay:1";
  order.reason = "purchase";
  billed_.world.append(50'000, {order});
  billed_.fold();
  EXPECT_EQ(difference(), "");  // it waits
  chain_.credited_sums[credited] = 300;
  EXPECT_NE(difference().find("ordered 0.0000300 and paid in 0.0000000, the contract has taken in 0.0000300"),
            std::string::npos)
      << difference();
  Prepared prepared;
  prepared.hash = named<TxHash>("tx");
  prepared.envelope = "tx";
  prepared.credits = {{credited, Amount(300)}};
  billed_.settle({prepared});
  EXPECT_EQ(difference(), "");  // on its way, and perhaps arrived
  billed_.settle(
      {Confirmed{prepared.hash, 7, {}, {}, {}, {{credited, Amount(300), Amount(300), kCodePaid}}}});
  EXPECT_EQ(difference(), "");
  chain_.credited_sums[credited] = 299;
  EXPECT_NE(difference().find("credits of meter"), std::string::npos) << difference();
  chain_.credited_sums[credited] = 301;
  EXPECT_NE(difference().find("credits of meter"), std::string::npos) << difference();
}

}  // namespace
}  // namespace paytick::app
