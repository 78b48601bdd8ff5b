// What players are told unasked: little left, going on after a halt, and what was spent.

#include "../core_fixture.h"

namespace paytick::ingest {
namespace {

class PaymentsTest : public CoreTest {
 protected:
  PaymentsTest() {
    content_.plan.price_per_tick = Amount(100'000);  // of ten seconds
    content_.plan.id = derive_plan_id(content_.plan);
    catalog_.apply(content_);
  }
  void say(std::string text) {
    text += ' ';
    core_.on_message(kConn, {text.data(), text.size() - 1}, now_);
  }
  // Pings, and answers with so much left.
  Reply paid(std::int64_t spendable, const std::string& more = {}) {
    ping(more);
    Reply reply = reply_to(only<Heartbeat>(flush()).back());
    reply.spendable = Amount(spendable);
    reply.paid_until = now_ + 10'000;
    reply.limit = Amount(100'000'000);
    return reply;
  }
  void halt(Reply reply, HaltReason reason) {
    reply.halt = reason;
    core_.on_reply(reply, now_);
  }
  bool said(std::string_view text) const {
    const auto it = sent_.find(1);
    return it != sent_.end() && it->second.back().find(text) != std::string::npos;
  }
};

TEST_F(PaymentsTest, LittleLeftIsSaidOnceUntilThereWasMore) {
  core_.on_reply(paid(600'000), now_);  // a minute and what is paid
  EXPECT_TRUE(said(R"("type":"tick")"));
  core_.on_reply(paid(400'000), now_);
  EXPECT_TRUE(said(R"("type":"low_balance")"));
  EXPECT_TRUE(said(R"("newBalance":"0.0400000","secondsLeft":50,)"));
  EXPECT_TRUE(said(R"("topUp":"5.0000000")"));
  const auto n = sent();
  core_.on_reply(paid(300'000), now_);
  EXPECT_EQ(sent(), n + 1) << "not again";
  core_.on_reply(paid(50'000'000), now_);
  core_.on_reply(paid(0), now_);
  EXPECT_TRUE(said(R"("secondsLeft":10,)"));
}

TEST_F(PaymentsTest, AHaltSaysWhyAndWhatToPayIn) {
  halt(paid(0), HaltReason::balance);
  EXPECT_TRUE(said(R"("code":"balance","message":"The meter's balance is used up; top it up to go on.")"));
  EXPECT_TRUE(said(R"("topUp":"5.0000000")"));
  halt(paid(0), HaltReason::frozen);
  EXPECT_TRUE(said(R"("code":"frozen")"));
  EXPECT_FALSE(said("topUp"));
}

TEST_F(PaymentsTest, AHaltThatIsOverIsToldByItself) {
  Reply reply = paid(0);
  halt(reply, HaltReason::balance);
  reply.seq = 0;
  reply.spendable = Amount(50'000'000);
  core_.on_reply(reply, now_);
  EXPECT_TRUE(said(R"("type":"resumed","was":"balance")"));
  EXPECT_TRUE(said(R"("newBalance":"5.0000000")"));
  const auto n = sent();
  core_.on_reply(reply, now_);
  EXPECT_EQ(sent(), n) << "once";
}

TEST_F(PaymentsTest, EvenWhenTheSessionHasClosedMeanwhile) {
  Reply reply = paid(0);
  halt(reply, HaltReason::limit);
  reply.seq = 0;
  reply.closed = true;
  core_.on_reply(reply, now_);
  core_.on_tick(now_);
  EXPECT_TRUE(flush().empty());
  const auto ask_after = [&](std::int64_t ms) {
    now_ = now_ + ms;
    core_.on_tick(now_);
    return only<Ask>(flush());
  };
  const auto asked = ask_after(5'000);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].meter, meter_);
  Outcome outcome;
  outcome.command = asked[0].reply.command;
  outcome.spendable = Amount(50'000'000);
  outcome.limit = outcome.spent = Amount(1'000'000);
  const auto n = sent();
  core_.on_outcome(outcome);
  EXPECT_EQ(sent(), n) << "the limit stands";
  const auto again = ask_after(5'000);
  ASSERT_EQ(again.size(), 1U);
  outcome.command = again[0].reply.command;
  outcome.limit = Amount(2'000'000);
  core_.on_outcome(outcome);
  EXPECT_TRUE(said(R"("type":"resumed","was":"limit")"));
  EXPECT_TRUE(ask_after(5'000).empty());
  EXPECT_EQ(only<Open>([&] {
              ping();
              return flush();
            }())
                .size(),
            1U)
      << "the next ping opens anew";
}

TEST_F(PaymentsTest, WhoPingsOrLeavesIsNotAskedFor) {
  Reply reply = paid(0);
  halt(reply, HaltReason::balance);
  reply.seq = 0;
  reply.closed = true;
  core_.on_reply(reply, now_);
  core_.on_close(kConn, now_);
  now_ = now_ + 60'000;
  core_.on_tick(now_);
  EXPECT_TRUE(only<Ask>(flush()).empty());
}

TEST_F(PaymentsTest, SubscribersAreToldOfEachPurchase) {
  say(R"({"type":"subscribe","payments":true,"seq":4})");
  EXPECT_EQ(last(), R"({"type":"subscribed","payments":true,"state":"idle","seq":4})");
  ping();
  const auto lines = flush();
  ASSERT_TRUE(std::holds_alternative<Ask>(lines.front())) << "asked before anything is bought";
  Reply reply = reply_to(only<Heartbeat>(lines)[0]);
  reply.spendable = Amount(49'900'000);
  reply.spent = Amount(1'100'000);
  reply.limit = Amount(100'000'000);
  core_.on_reply(reply, now_);
  EXPECT_TRUE(said(R"("type":"tick")"));
  Outcome outcome;
  outcome.command = only<Ask>(lines)[0].reply.command;
  outcome.spent = Amount(1'000'000);
  core_.on_outcome(outcome);
  EXPECT_TRUE(said(R"("type":"payment_update","amount":0.0100000,"totalSpent":0.1100000,"limit":10.0000000,)"
                   R"("balance":4.9900000,)"));
  EXPECT_TRUE(said(R"("state":"processing")"));
  ping();
  reply = reply_to(only<Heartbeat>(flush())[0]);
  reply.spent = Amount(1'300'000);
  reply.spendable = Amount(49'700'000);
  core_.on_reply(reply, now_);
  EXPECT_TRUE(said(R"("amount":0.0200000,"totalSpent":0.1300000)")) << sent_[1].back();
}

TEST_F(PaymentsTest, SubscribersAreToldOfTheLimitAndOfPauses) {
  say(R"({"type":"subscribe","payments":true})");
  Reply reply = paid(1);
  reply.limit = reply.spent = Amount(1'000'000);
  halt(reply, HaltReason::limit);
  EXPECT_TRUE(said(R"("type":"payment_limit_reached","limit":0.1000000,"totalSpent":0.1000000,)"));
  EXPECT_TRUE(said(R"("state":"limit_reached")"));
  reply.seq = 0;
  core_.on_reply(reply, now_);
  EXPECT_EQ(last(), R"({"type":"payment_state","state":"processing"})");
  halt(reply, HaltReason::paused);
  EXPECT_EQ(last(), R"({"type":"payment_state","state":"paused"})");
}

TEST_F(PaymentsTest, OthersAreNotBothered) {
  core_.on_reply(paid(50'000'000), now_);
  EXPECT_EQ(sent(), 1U);
}

}  // namespace
}  // namespace paytick::ingest
