// The auditor on its own: bills worked out by hand from DESIGN.md §3. tests/oracle holds it against the
// model.

#include "simulation/auditor.h"

#include <gtest/gtest.h>

#include "by_hand.h"

namespace paytick::simulation {
namespace {

constexpr std::int64_t kPrice = 100'000;  // 10 s at 0.001 XLM/s

class AuditorTest : public ::testing::Test {
 protected:
  void at(std::int64_t ms, const Input& input) { auditor_.input({kStart + ms}, input); }
  void deposit(std::int64_t total, std::int64_t refunded = 0) {
    MeterReport report;
    report.viewer = open_.viewer;
    report.meter = open_.meter;
    report.deposited = report.allowance = Amount(total);
    report.refunded = Amount(refunded);
    report.version = ++version_;
    at(0, report);
  }
  void open(std::int64_t ms) {
    open_.at = {kStart + ms};
    at(ms, open_);
  }
  void ping(std::int64_t ms) { at(ms, Heartbeat{{}, open_.attachment, ++seq_, {kStart + ms}}); }
  void stop(std::int64_t ms) { at(ms, Stop{{}, open_.attachment, {kStart + ms}}); }
  void tip(std::int64_t ms, const std::string& key, std::int64_t amount) {
    at(ms, Charge{open_.viewer, open_.meter, open_.creator, 0, ChargeKind::tip, key, Amount(amount)});
  }
  std::int64_t ticks() { return auditor_.sessions()[open_.session].ticks; }
  std::optional<HaltReason> halt() { return auditor_.sessions()[open_.session].halt; }
  Auditor::Money money() {
    const auto i = auditor_.sums().find({open_.meter, open_.creator, 0});
    return i == auditor_.sums().end() ? Auditor::Money{} : i->second;
  }

  Auditor auditor_;
  Open open_ = an_open(kPrice);
  std::uint64_t version_ = 0, seq_ = 0;
};

TEST_F(AuditorTest, TwelvePingsCostTwelveTicksOfFive) {
  deposit(50'000'000);
  open(0);
  for (int i = 0; i < 12; ++i) {
    ping(i * 10'000);
    ping(i * 10'000);  // sent twice
  }
  stop(119'999);
  at(130'000, Clock{});
  EXPECT_EQ(ticks(), 12);
  EXPECT_EQ(money().due, 12 * kPrice);
  EXPECT_EQ(auditor_.spendable(open_.meter), 48'800'000);
}

TEST_F(AuditorTest, AStopGivesBackWhatHasNotBegunBeyondTheMinimum) {
  deposit(50'000'000);
  open(0);
  ping(0);
  ping(9'100);  // within the jitter allowance: buys the tick that begins at 10,000
  EXPECT_EQ(ticks(), 2);
  stop(9'200);
  EXPECT_EQ(ticks(), 1);
  EXPECT_EQ(money().charged, kPrice);
}

TEST_F(AuditorTest, NothingIsBoughtBeyondTheBalance) {
  deposit(2 * kPrice + 1);
  open(0);
  for (int i = 0; i < 4; ++i) ping(i * 10'000);
  EXPECT_EQ(ticks(), 2);
  EXPECT_EQ(halt(), HaltReason::balance);
}

TEST_F(AuditorTest, ALimitHaltsAndLeavesTheBalanceAlone) {
  deposit(50'000'000);
  at(0, Limit{open_.viewer, Amount(kPrice), Period::day});
  open(0);
  ping(0);
  ping(10'000);
  EXPECT_EQ(ticks(), 1);
  EXPECT_EQ(halt(), HaltReason::limit);
  at(10'500, Limit{open_.viewer, Amount(5 * kPrice), Period::day});
  ping(11'000);
  EXPECT_EQ(ticks(), 2);
  EXPECT_EQ(halt(), std::nullopt);
}

TEST_F(AuditorTest, APauseAndAFreezeBuyNothingUntilLifted) {
  deposit(50'000'000);
  open(0);
  ping(0);
  at(1'000, Pause{open_.viewer, std::nullopt});
  ping(10'000);
  EXPECT_EQ(halt(), HaltReason::paused);
  at(11'000, Resume{open_.viewer, std::nullopt});
  at(11'000, Freeze{open_.viewer, "test"});
  ping(12'000);
  EXPECT_EQ(halt(), HaltReason::frozen);
  at(13'000, Unfreeze{open_.viewer, "test"});
  ping(14'000);
  EXPECT_EQ(ticks(), 2);
  at(15'000, Pause{id<ViewerId>(9), open_.session});  // not his to pause
  EXPECT_EQ(auditor_.refused(), 1U);
}

TEST_F(AuditorTest, AChargeStandsOnceUnderItsKey) {
  deposit(50'000'000);
  tip(0, "a", 7);
  tip(1, "a", 7);
  tip(2, "a", 8);  // a conflict
  tip(3, "b", 60'000'000);
  EXPECT_EQ(money().due, 7);
  EXPECT_EQ(auditor_.refused(), 2U);
}

TEST_F(AuditorTest, ARefundHaltsUntilTheChainHasPaidIt) {
  deposit(50'000'000);
  open(0);
  ping(0);
  at(1'000, RefundRequest{open_.viewer, open_.meter, Amount(50'000'000), 5});
  EXPECT_EQ(halt(), HaltReason::refund);
  ping(10'000);
  EXPECT_EQ(ticks(), 1);
  deposit(60'000'000, 1'000'000);
  ping(20'000);
  EXPECT_EQ(ticks(), 2);
}

TEST_F(AuditorTest, AClosedContentSellsNothing) {
  deposit(50'000'000);
  open(0);
  ping(0);
  at(1'000, ContentClosed{open_.content});
  ping(10'000);
  EXPECT_EQ(ticks(), 1);
  EXPECT_EQ(halt(), HaltReason::content);
}

TEST_F(AuditorTest, AReconnectWithinThePaidTimeGoesOnWithTheSession) {
  deposit(50'000'000);
  open(0);
  ping(0);
  stop(3'000);
  const SessionId first = open_.session;
  open_.session = id<SessionId>(7);
  open_.attachment = id<AttachmentId>(7);
  open(4'000);
  ping(4'000);
  EXPECT_EQ(auditor_.sessions().size(), 1U);
  EXPECT_EQ(auditor_.sessions()[first].ticks, 1);
}

TEST_F(AuditorTest, LateAndUnknownAreCounted) {
  deposit(50'000'000);
  open(0);
  at(700'000, Heartbeat{{}, open_.attachment, 1, {kStart}});
  at(700'000, Heartbeat{{}, id<AttachmentId>(9), 1, {kStart + 700'000}});
  EXPECT_EQ(auditor_.late(), 1U);
  EXPECT_EQ(auditor_.refused(), 1U);
}

TEST_F(AuditorTest, TellsALineThatTheInputsDoNotExplain) {
  TickLine line;
  line.session = id<SessionId>(3);
  line.n = 1;
  auditor_.output(SumLine{SumId{1}, open_.viewer, open_.meter, open_.creator, 0});
  line.sum = SumId{1};
  auditor_.output(line);
  EXPECT_TRUE(auditor_.difference().has_value());
}

}  // namespace
}  // namespace paytick::simulation
