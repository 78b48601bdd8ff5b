// Who may come in: tickets and joins live as long as what they are for. Tips say their words.

#include <gtest/gtest.h>

#include "aggregator/fold.h"
#include "teller.h"

namespace paytick::aggregator {
namespace {

using Codes = std::vector<std::string>;

Charge ticket(const std::string& content = "c", std::int64_t price = 500) {
  Charge e;
  e.viewer = named<ViewerId>("v");
  e.meter = named<MeterId>("m");
  e.creator = named<CreatorId>("k");
  e.bps = 2'000;
  e.kind = ChargeKind::ticket;
  e.content = named<ContentId>(content);
  e.key = "ticket:" + to_text(e.content);
  e.amount = Amount(price);
  e.reply = {named<GatewayId>("g"), named<CommandId>("command")};
  return e;
}

Join join() {
  Join e;
  e.viewer = named<ViewerId>("v");
  e.meter = named<MeterId>("m");
  e.content = named<ContentId>("c");
  e.minimum = Amount(100);
  return e;
}

void restore(Teller& t) {
  const auto chunks = t.fold().snapshot(Offset{1}, FrameHash{}).all();
  auto restored = Fold::restore({}, source_of(chunks));
  ASSERT_TRUE(restored);
  EXPECT_EQ(restored->fold.snapshot(Offset{1}, FrameHash{}).all(), chunks);
  t.replace(std::move(restored->fold));
}

TEST(Tickets, TwoTabsBuyOne) {
  Teller t;
  t.fund(10'000);
  t.say(ticket());
  EXPECT_FALSE(t.outcomes.at(0).repeated);
  t.say(ticket());
  EXPECT_TRUE(t.outcomes.at(0).repeated);
  EXPECT_EQ(t.outcomes.at(0).refused, "");
  EXPECT_EQ(t.spendable(), 9'500);
  ASSERT_EQ(t.all<ChargeLine>().size(), 1U);
  EXPECT_EQ(t.all<ChargeLine>()[0].content, named<ContentId>("c"));
  EXPECT_EQ(platform_share(t.fold().sums()[0].due, 2'000), Amount(100));
}

Charge claimed(const std::string& claim, const std::string& content = "c", std::int64_t price = 500) {
  Charge e = ticket(content, price);
  e.claim = claim;
  return e;
}

TEST(Tickets, AClaimStandsForOneStream) {
  Teller t;
  t.fund(10'000);
  t.say(claimed("k"));
  EXPECT_EQ(t.outcomes.at(0).refused, "");
  t.say(claimed("k"));
  EXPECT_TRUE(t.outcomes.at(0).repeated);
  t.say(claimed("k", "other"));
  EXPECT_EQ(t.outcomes.at(0).refused, "claim_conflict");
  EXPECT_EQ(t.spendable(), 9'500);
  t.say(claimed("l", "other"));
  EXPECT_EQ(t.outcomes.at(0).refused, "");
  EXPECT_EQ(t.spendable(), 9'000);
}

TEST(Tickets, AClaimOnWhatIsHeldStandsToo) {
  Teller t;
  t.fund(10'000);
  t.say(ticket());
  t.say(claimed("k"));
  EXPECT_TRUE(t.outcomes.at(0).repeated);
  t.say(claimed("l", "c", 700));  // the price has risen since
  EXPECT_EQ(t.outcomes.at(0).refused, "key_conflict");
  for (const char* key : {"k", "l"}) {
    t.say(claimed(key, "other"));
    EXPECT_EQ(t.outcomes.at(0).refused, "claim_conflict") << key;
  }
  EXPECT_EQ(t.spendable(), 9'500);
}

TEST(Tickets, ARefusedOneClaimsNothing) {
  Teller t;
  t.fund(400);
  t.say(claimed("k"));
  EXPECT_EQ(t.outcomes.at(0).refused, "balance");
  t.say(claimed("k", "other", 400));
  EXPECT_EQ(t.outcomes.at(0).refused, "");
}

TEST(Tickets, AClaimAndATipShareTheirKeys) {
  Teller t;
  t.fund(10'000);
  Charge tip = ticket();
  tip.kind = ChargeKind::tip;
  tip.key = "k";
  t.say(tip);
  t.say(claimed("k"));
  EXPECT_EQ(t.outcomes.at(0).refused, "claim_conflict");
  t.say(claimed("l"));
  tip.key = "l";
  t.say(tip);
  EXPECT_EQ(t.outcomes.at(0).refused, "key_conflict");
}

TEST(Tickets, ClaimsAreBoundedAndComeBackFromASnapshot) {
  Teller t;
  t.fund(10'000);
  t.say(claimed("k"));
  restore(t);
  t.say(claimed("k", "other"));
  EXPECT_EQ(t.outcomes.at(0).refused, "claim_conflict");
  for (int i = 1; i < 256; ++i) {
    t.say(claimed("k" + std::to_string(i)));
    ASSERT_EQ(t.outcomes.at(0).refused, "") << i;
  }
  t.say(claimed("one more"));
  EXPECT_EQ(t.outcomes.at(0).refused, "too_many_keys");
  t.at(7 * 86'400'000LL);
  t.say(claimed("one more"));
  EXPECT_EQ(t.outcomes.at(0).refused, "");
  t.say(claimed("k", "other"));
  EXPECT_EQ(t.outcomes.at(0).refused, "") << "forgotten after seven days";
}

Credit given_back(const std::string& claim, const std::string& content = "c", std::int64_t amount = 500) {
  Credit e;
  e.viewer = named<ViewerId>("v");
  e.meter = named<MeterId>("m");
  e.amount = Amount(amount);
  e.content = named<ContentId>(content);
  e.corrects = "ticket:" + to_text(e.content);
  e.key = "refund:" + e.corrects;
  e.reason = "cancelled";
  e.claim = claim;
  e.reply = {named<GatewayId>("g"), named<CommandId>("command")};
  return e;
}

TEST(Tickets, OneIsGivenBackOnceAsLongAsItsStreamGoesOn) {
  Teller t;
  t.fund(10'000);
  t.say(ticket());
  t.say(given_back("k"));
  EXPECT_EQ(t.outcomes.at(0).refused, "");
  t.at(30 * 86'400'000LL);
  restore(t);
  t.say(given_back("l"));
  EXPECT_TRUE(t.outcomes.at(0).repeated);
  ASSERT_EQ(t.all<CreditLine>().size(), 1U);
  // And some days beyond, until the tables show it for certain.
  t.say(ContentClosed{named<ContentId>("c")});
  t.at(37 * 86'400'000LL - 1);
  t.say(given_back("m"));
  EXPECT_TRUE(t.outcomes.at(0).repeated);
  EXPECT_EQ(t.all<CreditLine>().size(), 1U);
}

TEST(Tickets, AClosedStreamsIsGivenBackToo) {
  Teller t;
  t.fund(10'000);
  t.say(ticket());
  t.say(ContentClosed{named<ContentId>("c")});
  t.say(given_back("k"));
  EXPECT_EQ(t.outcomes.at(0).refused, "");
  t.say(given_back("l"));
  EXPECT_TRUE(t.outcomes.at(0).repeated);
}

TEST(Tickets, TheKeyOfARefundStandsForOneThing) {
  Teller t;
  t.fund(10'000);
  t.say(given_back("k"));
  t.say(given_back("k"));
  EXPECT_TRUE(t.outcomes.at(0).repeated);
  t.say(given_back("k", "other"));
  EXPECT_EQ(t.outcomes.at(0).refused, "claim_conflict");
  Credit plain = given_back("");
  plain.key = "k";
  t.say(plain);
  EXPECT_EQ(t.outcomes.at(0).refused, "key_conflict");
  // A charge's keys are others.
  t.say(claimed("k"));
  EXPECT_EQ(t.outcomes.at(0).refused, "");
}

// A gateway may be newer than the fold whose frames are folded again.
TEST(Tickets, EarlierRulesKnewOfNoClaims) {
  Teller t;
  t.fund(10'000);
  t.fold().use_rules(kRulesOfRefunds - 1);
  t.say(claimed("k"));
  t.say(claimed("k", "other"));
  EXPECT_EQ(t.outcomes.at(0).refused, "");
  t.say(given_back("k"));
  t.say(given_back("k", "other"));
  EXPECT_EQ(t.outcomes.at(0).refused, "");
  Payout payout{named<CreatorId>("v"), "p", std::nullopt, {}};
  t.say(payout);
  t.say(payout);
  EXPECT_EQ(t.all<PayoutLine>().size(), 2U);
}

TEST(Tickets, WithoutOneThePlayerIsNotLetIn) {
  Teller t;
  t.fund(10'000'000);
  t.ticket_required = true;
  t.say(ticket("another"));
  t.open("one");
  EXPECT_EQ(t.codes(), Codes{"no_ticket"});
  EXPECT_EQ(t.replies.at(0).refused, "no_ticket");
  t.say(ticket());
  t.open("one");  // a ticket lets the same player in
  t.ping("one");
  EXPECT_EQ(t.codes(), Codes{});
  EXPECT_EQ(t.ticks("one"), 1);
}

TEST(Tickets, TheyLiveAsLongAsTheStream) {
  Teller t;
  t.fund(10'000'000);
  t.ticket_required = true;
  t.say(ticket());
  t.at(30 * 86'400'000LL);
  t.clock();
  restore(t);
  t.open("late");
  EXPECT_EQ(t.codes(), Codes{});
  t.say(ContentClosed{named<ContentId>("c")});
  Ask ask;
  ask.viewer = named<ViewerId>("v");
  ask.key = ticket().key;
  ask.reply = ticket().reply;
  t.say(ask);
  EXPECT_FALSE(t.outcomes.at(0).has_key);
  t.say(ticket());
  EXPECT_EQ(t.codes(), Codes{"content_closed"});
  EXPECT_EQ(t.outcomes.at(0).refused, "content_closed");
}

TEST(Joins, OnlyWhoJoinedIsBilled) {
  Teller t;
  t.fund(10'000'000);
  t.join_required = true;
  t.open("one");
  EXPECT_EQ(t.codes(), Codes{"not_joined"});
  t.say(join());
  t.open("one");
  t.ping("one");
  restore(t);
  t.open("two");
  EXPECT_EQ(t.codes(), Codes{});
  EXPECT_EQ(t.ticks("one"), 1);
}

TEST(Joins, TheyEndWithTheContent) {
  Teller t;
  t.fund(10'000'000);
  t.say(join());
  t.say(ContentClosed{named<ContentId>("c")});
  Ask ask;
  ask.viewer = named<ViewerId>("v");
  ask.content = named<ContentId>("c");
  ask.reply = ticket().reply;
  t.say(ask);
  EXPECT_FALSE(t.outcomes.at(0).joined);
}

TEST(Tips, TheirWordsReachTheLine) {
  Teller t;
  t.fund(10'000);
  Charge tip = ticket();
  tip.kind = ChargeKind::tip;
  tip.key = "http:1";
  tip.message = "bravo!";
  tip.channel = "room";
  t.say(tip);
  ASSERT_EQ(t.all<ChargeLine>().size(), 1U);
  EXPECT_EQ(t.all<ChargeLine>()[0].message, "bravo!");
  EXPECT_EQ(t.all<ChargeLine>()[0].channel, "room");
  restore(t);
  t.say(tip);
  EXPECT_TRUE(t.outcomes.at(0).repeated);
  tip.message = "boo!";
  t.say(tip);
  EXPECT_EQ(t.codes(), Codes{"key_conflict"});
}

TEST(Credits, AreCountedPerMeter) {
  Teller t;
  Credit credit;
  credit.viewer = named<ViewerId>("v");
  credit.meter = named<MeterId>("m");
  credit.amount = Amount(7);
  credit.reason = "sorry";
  const auto order = [&](const std::string& key, const std::string& meter) {
    credit.key = key;
    credit.meter = named<MeterId>(meter);
    t.say(credit);
  };
  order("one", "m");
  order("one", "m");
  order("other", "n");
  restore(t);
  order("two", "m");
  const auto lines = t.all<CreditLine>();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].credited, Amount(7));
  EXPECT_EQ(lines[1].credited, Amount(7));
  EXPECT_EQ(lines[2].credited, Amount(14));
}

}  // namespace
}  // namespace paytick::aggregator
