// Commands are answered: to whoever waits, in the order of the log, with how things stand after them.

#include <gtest/gtest.h>

#include "aggregator/errors.h"
#include "teller.h"

namespace paytick::aggregator {
namespace {

const ReplyTo kReply{named<GatewayId>("g"), named<CommandId>("c")};
const ViewerId kViewer = named<ViewerId>("v");
const MeterId kMeter = named<MeterId>("m");
const ContentId kContent = named<ContentId>("content");

class Commands : public testing::Test {
 protected:
  Commands() {
    t.at(0);
    t.fund(1'000);
  }
  Outcome ask(const Input& input) {
    t.say(input);
    EXPECT_EQ(t.outcomes.size(), 1U);
    if (t.outcomes.empty()) return {};
    EXPECT_EQ(t.outcomes[0].gateway, kReply.gateway);
    EXPECT_EQ(t.outcomes[0].command, kReply.command);
    return t.outcomes[0];
  }
  Outcome look(std::string key = {}) {
    Ask e;
    e.viewer = kViewer;
    e.meter = kMeter;
    e.content = kContent;
    e.key = std::move(key);
    e.reply = kReply;
    return ask(e);
  }
  static Charge tip(std::int64_t amount, std::string key) {
    Charge e;
    e.viewer = kViewer;
    e.meter = kMeter;
    e.creator = named<CreatorId>("k");
    e.key = std::move(key);
    e.amount = Amount(amount);
    e.message = "Thanks!";
    e.channel = "room";
    e.content = kContent;
    e.reply = kReply;
    return e;
  }
  static Limit limit(std::int64_t amount) {
    Limit e;
    e.viewer = kViewer;
    e.amount = Amount(amount);
    e.reply = kReply;
    return e;
  }
  static Join join(std::int64_t minimum) {
    Join e;
    e.viewer = kViewer;
    e.meter = kMeter;
    e.content = kContent;
    e.minimum = Amount(minimum);
    e.reply = kReply;
    return e;
  }
  Teller t;
};

TEST_F(Commands, NobodyIsAnsweredWhoDoesNotWait) {
  Charge e = tip(10, "k");
  e.reply = {};
  t.say(e);
  EXPECT_TRUE(t.outcomes.empty());
}

TEST_F(Commands, AChargeSaysWhatIsLeftAndItsRepeatSaysTheSame) {
  t.at(1'000);
  const Outcome first = ask(tip(300, "k"));
  EXPECT_EQ(first.refused, "");
  EXPECT_FALSE(first.repeated);
  EXPECT_TRUE(first.has_key);
  EXPECT_EQ(first.amount, Amount(300));
  EXPECT_EQ(first.spendable, Amount(700));
  EXPECT_EQ(first.charged, Amount(300));
  EXPECT_EQ(first.spent, Amount(300));
  EXPECT_EQ(first.at.ms, Teller::kBegin + 1'000);
  const auto& line = std::get<ChargeLine>(t.lines.back());
  EXPECT_EQ(line.message, "Thanks!");
  EXPECT_EQ(line.channel, "room");
  EXPECT_EQ(line.content, kContent);

  t.at(9'000);
  const Outcome again = ask(tip(300, "k"));
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.amount, Amount(300));
  EXPECT_EQ(again.spendable, Amount(700));
  EXPECT_EQ(again.at.ms, Teller::kBegin + 1'000);
  EXPECT_EQ(ask(tip(301, "k")).refused, code::kKeyConflict);
  EXPECT_EQ(ask(tip(701, "other")).refused, code::kBalance);
  EXPECT_TRUE(look("k").has_key);
  EXPECT_FALSE(look("other").has_key);
}

TEST_F(Commands, ControlsAreAnsweredAndPutOnRecordOnce) {
  const Outcome set = ask(limit(500));
  EXPECT_EQ(set.limit, Amount(500));
  const auto& line = std::get<ViewerLine>(t.lines.back());
  EXPECT_EQ(line.limit, Amount(500));
  EXPECT_EQ(line.viewer, kViewer);
  const std::size_t lines = t.lines.size();
  ask(limit(500));
  EXPECT_EQ(t.lines.size(), lines);  // nothing has changed

  EXPECT_TRUE(ask(Pause{kViewer, {}, kReply}).paused);
  EXPECT_TRUE(std::get<ViewerLine>(t.lines.back()).paused);
  EXPECT_EQ(ask(tip(1, "k")).refused, code::kPaused);
  EXPECT_FALSE(ask(Resume{kViewer, {}, kReply}).paused);
  EXPECT_TRUE(ask(Freeze{kViewer, "too many screens", kReply}).frozen);
  EXPECT_EQ(std::get<ViewerLine>(t.lines.back()).reason, "too many screens");
  EXPECT_TRUE(look().frozen);
  EXPECT_FALSE(ask(Unfreeze{kViewer, "", kReply}).frozen);
  EXPECT_EQ(ask(Pause{kViewer, named<SessionId>("none"), kReply}).refused, code::kUnknownSession);
}

TEST_F(Commands, WhoHasNotJoinedDoesNotGetIn) {
  EXPECT_EQ(ask(join(1'001)).refused, code::kBalance);
  EXPECT_FALSE(look().joined);
  EXPECT_TRUE(ask(join(1'000)).joined);
  EXPECT_EQ(std::get<JoinedLine>(t.lines.back()).content, kContent);
  const std::size_t lines = t.lines.size();
  EXPECT_TRUE(ask(join(5'000)).repeated);  // whoever is in stays in
  EXPECT_EQ(t.lines.size(), lines);
  EXPECT_TRUE(look().joined);
  t.say(ContentClosed{kContent});
  EXPECT_EQ(ask(join(0)).refused, code::kContentClosed);
}

TEST_F(Commands, OnlyTheOwnMeterIsSeen) {
  Ask e;
  e.viewer = named<ViewerId>("w");
  e.meter = kMeter;
  e.reply = kReply;
  EXPECT_EQ(ask(e).refused, code::kForeignMeter);
  Join j = join(0);
  j.viewer = e.viewer;
  EXPECT_EQ(ask(j).refused, code::kForeignMeter);
}

TEST_F(Commands, APayoutIsPassedOn) {
  t.at(5'000);
  t.say(Payout{named<CreatorId>("k")});
  const auto& line = std::get<PayoutLine>(t.lines.back());
  EXPECT_EQ(line.creator, named<CreatorId>("k"));
  EXPECT_EQ(line.at.ms, Teller::kBegin + 5'000);
}

Payout payout(const std::string& key, std::optional<std::int64_t> pending = {}) {
  Payout e;
  e.creator = kViewer;  // whoever creates may also watch
  e.key = key;
  if (pending) e.pending = Amount(*pending);
  e.reply = kReply;
  return e;
}

TEST_F(Commands, APayoutUnderAKeyIsOrderedOnceAndAnsweredTheSame) {
  t.at(1'000);
  const Outcome first = ask(payout("p", 700));
  EXPECT_TRUE(first.has_key);
  EXPECT_FALSE(first.repeated);
  EXPECT_EQ(first.amount, Amount(700));
  const std::size_t lines = t.lines.size();
  t.at(9'000);
  const Outcome again = ask(payout("p", 900));
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.amount, Amount(700));
  EXPECT_EQ(again.at.ms, Teller::kBegin + 1'000);
  EXPECT_EQ(t.lines.size(), lines);
  EXPECT_TRUE(look("p").has_key);
  EXPECT_EQ(ask(payout("unknown")).amount, kUnknownPending);
}

TEST_F(Commands, AKeyStandsForOneThingOnly) {
  ask(tip(1, "tip"));
  EXPECT_EQ(ask(payout("tip")).refused, code::kKeyConflict);
  ask(payout("p"));
  EXPECT_EQ(ask(tip(1, "p")).refused, code::kKeyConflict);
}

TEST_F(Commands, APayoutsKeyIsForgottenAfterSevenDays) {
  ask(payout("p", 1));
  t.at(7 * 86'400'000LL - 1);
  EXPECT_TRUE(ask(payout("p", 2)).repeated);
  t.at(7 * 86'400'000LL);
  EXPECT_FALSE(ask(payout("p", 2)).repeated);
}

}  // namespace
}  // namespace paytick::aggregator
