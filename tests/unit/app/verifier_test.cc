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

}  // namespace
}  // namespace paytick::app
