#include "ingest/commands/command_desk.h"

#include "../core_fixture.h"

namespace paytick::ingest {
namespace {

class CommandDeskTest : public CoreTest {
 protected:
  // Submits, and keeps what came of it.
  std::size_t submit(Input line) {
    const std::size_t n = results_.size();
    results_.emplace_back();
    core_.commands().submit(
        viewer_, std::move(line),
        [this, n](const Result<Outcome>& result) {
          EXPECT_FALSE(results_[n].has_value()) << "answered twice";
          results_[n] = result;
        },
        now_);
    return n;
  }
  std::size_t submit_limit() { return submit(Limit{viewer_, Amount(5), Period::day, {}}); }
  Charge charge() {
    Charge tip;
    tip.viewer = viewer_;
    tip.meter = meter_;
    tip.key = "http:k";
    tip.amount = Amount(3);
    return tip;
  }
  static Outcome outcome_of(const ReplyTo& to) {
    Outcome outcome;
    outcome.gateway = to.gateway;
    outcome.command = to.command;
    return outcome;
  }
  std::string code(std::size_t n) {
    if (!results_[n]) return "waiting";
    return *results_[n] ? std::string(results_[n]->value().refused) : results_[n]->error().code;
  }
  void pass(std::int64_t ms) {
    now_ = now_ + ms;
    core_.on_tick(now_);
  }

  std::vector<std::optional<Result<Outcome>>> results_;
};

TEST_F(CommandDeskTest, AnOutcomeEndsTheCommandThatItNames) {
  const auto a = submit_limit();
  const auto b = submit(Pause{viewer_, {}, {}});
  const auto lines = flush();
  const auto limits = only<Limit>(lines);
  ASSERT_EQ(limits.size(), 1U);
  EXPECT_EQ(limits[0].amount, Amount(5));
  EXPECT_EQ(limits[0].reply.command.bytes.back(), 6) << "the lane, so that the outcome finds it";
  EXPECT_EQ(code(a), "waiting") << "being written is not being done";
  Outcome outcome = outcome_of(limits[0].reply);
  outcome.limit = Amount(5);
  core_.on_outcome(outcome);
  EXPECT_EQ(code(a), "");
  EXPECT_EQ(results_[a]->value().limit, Amount(5));
  EXPECT_EQ(code(b), "waiting");
  core_.on_outcome(outcome);  // a repeat is nobody's
  EXPECT_EQ(core_.commands().waiting(), 1U);
}

TEST_F(CommandDeskTest, ARefusalIsAnOutcome) {
  const auto n = submit(charge());
  Outcome outcome = outcome_of(only<Charge>(flush())[0].reply);
  outcome.refused = "balance";
  outcome.spendable = Amount(1);
  core_.on_outcome(outcome);
  EXPECT_EQ(code(n), "balance");
  EXPECT_EQ(refusal(results_[n]->value())->code, "balance");
  EXPECT_EQ(http_status("balance"), 402U);
  EXPECT_EQ(accepted(*results_[n]).error().code, "balance");
}

TEST_F(CommandDeskTest, AFailedAppendIsToldAtOnce) {
  const auto n = submit_limit();
  flush(fail("io", "disk", Next::in_doubt));
  EXPECT_EQ(code(n), "try_again");
  EXPECT_EQ(core_.commands().waiting(), 0U);
}

TEST_F(CommandDeskTest, AChargeWithoutOutcomeIsSentAgainAndAnswersOnce) {
  const auto n = submit(charge());
  const auto first = only<Charge>(flush())[0];
  pass(kCommandAskMs - 1);
  EXPECT_TRUE(flush().empty());
  pass(1);
  const auto again = only<Charge>(flush());
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].key, first.key);
  EXPECT_NE(again[0].reply.command, first.reply.command);
  pass(1'000);
  EXPECT_TRUE(flush().empty()) << "once";
  Outcome outcome = outcome_of(again[0].reply);
  outcome.repeated = true;
  core_.on_outcome(outcome);
  EXPECT_EQ(code(n), "");
  core_.on_outcome(outcome_of(first.reply));  // late
}

TEST_F(CommandDeskTest, AControlWithoutOutcomeIsAskedFor) {
  const auto good = submit_limit();
  flush();
  pass(kCommandAskMs);
  auto lines = flush();
  EXPECT_TRUE(only<Limit>(lines).empty()) << "another may have set it since";
  ASSERT_EQ(only<Ask>(lines).size(), 1U);
  Outcome outcome = outcome_of(only<Ask>(lines)[0].reply);
  outcome.limit = Amount(5);
  outcome.period = Period::day;
  core_.on_outcome(outcome);
  EXPECT_EQ(code(good), "");

  const auto other = submit_limit();
  flush();
  pass(kCommandAskMs);
  outcome = outcome_of(only<Ask>(flush())[0].reply);
  outcome.limit = Amount(6);
  core_.on_outcome(outcome);
  EXPECT_EQ(code(other), "try_again") << "it does not stand";
}

TEST_F(CommandDeskTest, ALateOutcomeCountsEvenAfterTheQuestion) {
  const auto n = submit_limit();
  const auto first = only<Limit>(flush())[0];
  pass(kCommandAskMs);
  flush();
  core_.on_outcome(outcome_of(first.reply));
  EXPECT_EQ(code(n), "");
}

TEST_F(CommandDeskTest, PatienceEnds) {
  const auto n = submit(charge());
  flush();
  pass(kCommandAskMs);
  flush();
  pass(kCommandPatienceMs - kCommandAskMs);
  EXPECT_EQ(code(n), "try_again");
  EXPECT_EQ(core_.commands().waiting(), 0U);
}

TEST_F(CommandDeskTest, WhatOneViewerMayHaveWaitingIsBounded) {
  for (std::size_t i = 0; i < kCommandsPerViewerMax; ++i) submit_limit();
  const auto refused = submit_limit();
  EXPECT_EQ(code(refused), "rate_limited");
  const auto first = only<Limit>(flush())[0];
  core_.on_outcome(outcome_of(first.reply));
  EXPECT_EQ(code(submit_limit()), "waiting") << "there is room again";
}

TEST_F(CommandDeskTest, AHandlerMaySubmitFromWithinItsAnswer) {
  bool done = false;
  core_.commands().submit(
      viewer_, Pause{viewer_, {}, {}},
      [&](const Result<Outcome>&) {
        Ask ask;
        ask.viewer = viewer_;
        core_.commands().submit(
            viewer_, ask, [&](const Result<Outcome>& last) { done = last.has_value(); }, now_);
      },
      now_);
  core_.on_outcome(outcome_of(only<Pause>(flush())[0].reply));
  core_.on_outcome(outcome_of(only<Ask>(flush())[0].reply));
  EXPECT_TRUE(done);
}

TEST_F(CommandDeskTest, WhileTheLogDoesNotAnswerNothingIsTaken) {
  submit_limit();
  const auto batch = core_.take_batch(now_);
  now_ = now_ + 5'001;
  EXPECT_EQ(code(submit_limit()), "try_again");
  core_.on_appended(batch->id, {});
}

}  // namespace
}  // namespace paytick::ingest
