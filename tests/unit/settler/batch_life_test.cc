// Every answer in every stage (DESIGN.md §5.4), as a table: nothing is left to a default.
#include "settler/batch_life.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace paytick::settler {
namespace {

constexpr TimeMs kMaxTime{100'000};
constexpr std::uint32_t kLedger = 50;

const std::map<std::string, Answer> kAnswers{
    {"read back", ReadBack{true}},
    {"not ours", ReadBack{false}},
    {"pending", SendPending{}},
    {"duplicate", SendDuplicate{}},
    {"try again", SendTryAgain{}},
    {"lost", SendLost{}},
    {"unreachable", SendUnmade{}},
    {"rejected", SendRejected{}},
    {"tx_bad_seq", SendError{"tx_bad_seq"}},
    {"tx_too_late", SendError{"tx_too_late"}},
    {"tx_too_early", SendError{"tx_too_early"}},
    {"tx_bad_auth", SendError{"tx_bad_auth"}},
    {"tx_no_balance", SendError{"tx_no_balance"}},
    {"tx_no_account", SendError{"tx_no_account"}},
    {"tx_insufficient_fee", SendError{"tx_insufficient_fee"}},
    {"tx_internal_error", SendError{"tx_internal_error"}},
    {"tx_soroban_invalid", SendError{"tx_soroban_invalid"}},
    {"tx_unknown", SendError{"tx_unknown"}},
    {"applied", LookedUpSuccess{}},
    {"failed", LookedUpFailed{"invoke_trapped"}},
    {"not found, may come", LookedUpNotFound{10, TimeMs{99'000}}},
    {"not found, at the last second", LookedUpNotFound{10, kMaxTime}},
    {"not found, too late", LookedUpNotFound{10, TimeMs{101'000}}},
    {"not found, just remembers", LookedUpNotFound{kLedger + 1, TimeMs{101'000}}},
    {"not found, pruned", LookedUpNotFound{kLedger + 2, TimeMs{101'000}}},
    {"not found, says nothing", LookedUpNotFound{0, TimeMs{101'000}}},
    {"look-up unmade", LookUpUnmade{}},
    {"all paid", Totals{true}},
    {"not all paid", Totals{false}},
    {"totals unmade", TotalsUnmade{}},
};

// What is the same in every stage.
const std::map<std::string, Action> kAlways{
    {"read back", Action::send},
    {"not ours", Action::abandon},
    {"pending", Action::look_up},
    {"duplicate", Action::look_up},
    {"try again", Action::look_up},
    {"lost", Action::look_up},
    {"tx_too_early", Action::look_up},
    {"tx_internal_error", Action::look_up},
    {"applied", Action::confirm},
    {"failed", Action::fail},
    {"not found, too late", Action::expire},
    {"not found, just remembers", Action::expire},
    {"not found, pruned", Action::ask_totals},
    {"not found, says nothing", Action::ask_totals},
    {"look-up unmade", Action::look_up},
    {"all paid", Action::settle_by_totals},
    {"not all paid", Action::expire},
    {"totals unmade", Action::ask_totals},
};

// What depends on it: never sent, with the node, in doubt, refused.
struct Row {
  Action written, ready, submitted, unsure, refused;
  Action at(Stage stage) const {
    switch (stage) {
      case Stage::written:
        return written;
      case Stage::ready:
        return ready;
      case Stage::submitted:
        return submitted;
      case Stage::unsure:
        return unsure;
      case Stage::refused:
        return refused;
    }
    return refused;
  }
};
// A refusal is final only for a batch that was read back and never sent before.
constexpr Row kRefusal{Action::look_up, Action::fail, Action::look_up, Action::look_up, Action::look_up};
constexpr Row kMayCome{Action::look_up, Action::send, Action::look_up, Action::send, Action::look_up};
const std::map<std::string, Row> kByStage{
    {"unreachable", {Action::read_back, Action::send, Action::look_up, Action::look_up, Action::look_up}},
    {"rejected", kRefusal},
    {"tx_bad_seq", kRefusal},
    {"tx_too_late", kRefusal},
    {"tx_bad_auth", kRefusal},
    {"tx_no_balance", kRefusal},
    {"tx_no_account", kRefusal},
    {"tx_insufficient_fee", kRefusal},
    {"tx_soroban_invalid", kRefusal},
    {"tx_unknown", kRefusal},
    {"not found, may come", kMayCome},
    {"not found, at the last second", kMayCome},
};

constexpr Stage kStages[] = {Stage::written, Stage::ready, Stage::submitted, Stage::unsure, Stage::refused};

TEST(BatchLife, EveryAnswerInEveryStage) {
  for (const auto& [name, answer] : kAnswers) {
    ASSERT_EQ(kAlways.count(name) + kByStage.count(name), 1U) << name;
    for (const Stage stage : kStages) {
      const Decision d = decide({stage, kLedger, kMaxTime, 0}, answer);
      const auto always = kAlways.find(name);
      const Action want = always != kAlways.end() ? always->second : kByStage.at(name).at(stage);
      EXPECT_EQ(d.action, want) << name << " while " << to_text(stage);
    }
  }
}

TEST(BatchLife, NothingThatMayHaveBeenSentIsGivenUpBeforeItsTime) {
  // Only the chain's word ends such a batch: applied, failed, or a ledger after max_time.
  for (const Stage stage : {Stage::submitted, Stage::unsure, Stage::refused})
    for (const auto& [name, answer] : kAnswers) {
      const Decision d = decide({stage, kLedger, kMaxTime, 0}, answer);
      if (d.action != Action::fail && d.action != Action::expire) continue;
      EXPECT_TRUE(name == "failed" || name == "not found, too late" || name == "not found, just remembers" ||
                  name == "not all paid")
          << name << " while " << to_text(stage);
    }
}

TEST(BatchLife, ALostAnswerMakesLaterRefusalsUncertain) {
  Flight flight{Stage::ready, kLedger, kMaxTime, 0};
  flight.stage = decide(flight, SendLost{}).stage;
  EXPECT_EQ(flight.stage, Stage::unsure);
  const Decision resend = decide(flight, LookedUpNotFound{10, TimeMs{1'000}});
  EXPECT_EQ(resend.action, Action::send);
  flight.stage = resend.stage;
  const Decision refused = decide(flight, SendError{"tx_bad_seq"});  // it had been applied
  EXPECT_EQ(refused.stage, Stage::refused);
  EXPECT_EQ(refused.action, Action::look_up);
  flight.stage = refused.stage;
  EXPECT_EQ(decide(flight, LookedUpSuccess{}).action, Action::confirm);
}

TEST(BatchLife, WhatTheNodeForgetsIsSentAgain) {
  Flight flight{Stage::submitted, kLedger, kMaxTime, 0};
  for (std::uint32_t i = 1; i < kLooksBeforeResend; ++i) {
    const Decision d = decide(flight, LookedUpNotFound{10, TimeMs{1'000}});
    ASSERT_EQ(d.action, Action::look_up) << i;
    flight.looks = d.looks;
  }
  const Decision d = decide(flight, LookedUpNotFound{10, TimeMs{1'000}});
  EXPECT_EQ(d.action, Action::send);
  EXPECT_EQ(d.looks, 0U);
}

TEST(BatchLife, FailuresKeepTheirCode) {
  EXPECT_EQ(decide({Stage::ready, kLedger, kMaxTime, 0}, SendError{"tx_bad_seq"}).code, "tx_bad_seq");
  EXPECT_EQ(decide({Stage::submitted, kLedger, kMaxTime, 0}, LookedUpFailed{"invoke_trapped"}).code,
            "invoke_trapped");
}

}  // namespace
}  // namespace paytick::settler
