// The auditor on its own, on what is no plain stream: calls, initial prices, joins, tickets, questions. Bills
// worked out by hand from DESIGN.md §3.

#include <gtest/gtest.h>

#include "by_hand.h"
#include "simulation/auditor.h"

namespace paytick::simulation {
namespace {

class AuditorRules : public ::testing::Test {
 protected:
  AuditorRules() {
    MeterReport report;
    report.viewer = open_.viewer;
    report.meter = open_.meter;
    report.deposited = report.allowance = Amount(10'000);
    report.version = 1;
    at(0, report);
  }
  void at(std::int64_t ms, const Input& input) { auditor_.input({kStart + ms}, input); }
  void open(std::int64_t ms, std::uint8_t n = 1) {
    open_.session = id<SessionId>(n);
    open_.attachment = id<AttachmentId>(n);
    open_.at = {kStart + ms};
    at(ms, open_);
  }
  void ping(std::int64_t ms, std::uint8_t n = 1) {
    at(ms, Heartbeat{{}, id<AttachmentId>(n), ++seq_, {kStart + ms}});
  }
  void call() {
    open_.call = true;
    open_.plan.refund_unused = false;
    open(0);
    ping(0);
  }
  void meter(std::int64_t ms) { at(ms, Metering{open_.viewer, open_.session, {kStart + ms}, {}}); }
  Charge ticket() const {
    Charge e;
    e.viewer = open_.viewer;
    e.meter = open_.meter;
    e.creator = open_.creator;
    e.kind = ChargeKind::ticket;
    e.key = "ticket";
    e.amount = Amount(500);
    e.content = open_.content;
    return e;
  }
  std::int64_t ticks(std::uint8_t n = 1) { return auditor_.sessions()[id<SessionId>(n)].ticks; }
  std::int64_t amount(std::uint8_t n = 1) { return auditor_.sessions()[id<SessionId>(n)].amount; }

  Auditor auditor_;
  Open open_ = an_open(100);
  std::uint64_t seq_ = 0;
};

TEST_F(AuditorRules, ACallBuysWhatHasBegunAndAtMostTenBlocksAtOnce) {
  call();
  EXPECT_EQ(ticks(), 1);
  meter(9'999);
  EXPECT_EQ(ticks(), 1);
  meter(25'000);
  meter(25'000);  // sent twice
  EXPECT_EQ(ticks(), 3);
  meter(200'000);
  EXPECT_EQ(ticks(), 13);
  EXPECT_EQ(amount(), 1'300);
}

TEST_F(AuditorRules, APauseShiftsTheLaterBlocksOfACall) {
  call();
  at(12'000, Pause{open_.viewer, open_.session, {}});
  meter(60'000);  // what had begun by then
  EXPECT_EQ(ticks(), 2);
  at(60'000, Resume{open_.viewer, open_.session, {}});
  meter(67'999);
  EXPECT_EQ(ticks(), 2);
  meter(68'000);
  EXPECT_EQ(ticks(), 3);
}

TEST_F(AuditorRules, NoBlockBeginsAfterTheEndOfACall) {
  call();
  at(10'000, Stop{open_.session, open_.attachment, {kStart + 10'000}});
  meter(60'000);
  EXPECT_EQ(ticks(), 1);
}

TEST_F(AuditorRules, AnInitialPriceIsPaidOnceAndAsAWhole) {
  open_.plan.minimum_ticks = open_.plan.initial_ticks = 3;
  open_.plan.initial_price = Amount(70);
  open(0);
  ping(0);
  EXPECT_EQ(ticks(), 3);
  EXPECT_EQ(amount(), 70);
  ping(30'000);
  EXPECT_EQ(amount(), 170);
}

TEST_F(AuditorRules, FreeTicksAreGivenOnce) {
  open_.plan.minimum_ticks = open_.plan.initial_ticks = 2;
  open(0, 1);
  open(0, 2);
  ping(0, 1);
  ping(0, 2);
  EXPECT_EQ(amount(1), 0);
  EXPECT_EQ(amount(2), 200);
}

TEST_F(AuditorRules, WhoHasNotJoinedIsNotBilled) {
  open_.join_required = true;
  open(0);
  ping(0);
  EXPECT_EQ(auditor_.refused(), 2U);
  at(1'000, Join{open_.viewer, open_.meter, open_.content, Amount(10'001), {}});
  EXPECT_EQ(auditor_.refused(), 3U);
  at(1'000, Join{open_.viewer, open_.meter, open_.content, Amount(10'000), {}});
  open(2'000);
  ping(2'000);
  EXPECT_EQ(ticks(), 1);
}

TEST_F(AuditorRules, ATicketLivesAsLongAsItsStream) {
  open_.ticket_required = true;
  open(0);
  EXPECT_EQ(auditor_.refused(), 1U);
  at(0, ticket());
  at(8LL * 86'400'000, ticket());  // keys of tips would be forgotten
  EXPECT_EQ(auditor_.spendable(open_.meter), 9'500);
  at(8LL * 86'400'000, ContentClosed{open_.content});
  at(8LL * 86'400'000, ticket());
  EXPECT_EQ(auditor_.refused(), 2U);
  EXPECT_EQ(auditor_.spendable(open_.meter), 9'500);
}

TEST_F(AuditorRules, AnswersAreHowThingsStoodInTheOrderOfTheLog) {
  Ask ask;
  ask.viewer = open_.viewer;
  ask.meter = open_.meter;
  ask.key = "ticket";
  ask.reply = {id<GatewayId>(5), id<CommandId>(6)};
  at(0, ticket());
  at(1, ask);
  at(2, Pause{open_.viewer, std::nullopt, {}});
  Outcome told;
  told.command = ask.reply.command;
  told.spendable = Amount(9'500);
  told.charged = told.spent = Amount(500);
  told.limit = Amount(100'000'000);
  told.has_key = true;
  told.amount = Amount(500);
  EXPECT_EQ(auditor_.difference(told), std::nullopt);
  told.paused = true;
  EXPECT_TRUE(auditor_.difference(told));
  told.command = id<CommandId>(7);
  EXPECT_TRUE(auditor_.difference(told));
}

}  // namespace
}  // namespace paytick::simulation
