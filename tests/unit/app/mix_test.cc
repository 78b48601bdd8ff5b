// What `paytick load --mix` does and how it judges the answers, without sockets.
#include <gtest/gtest.h>

#include <map>

#include "app/load/mix/bill.h"
#include "app/load/mix/deeds.h"
#include "app/load/mix/mix_report.h"
#include "app/load/mix/viewers.h"

namespace paytick::app::load {
namespace {

constexpr std::uint32_t kViewers = 50;

std::vector<Deed> deeds(std::uint64_t seed, std::uint64_t until_us) {
  DeedSchedule schedule(kViewers, seed);
  std::vector<Deed> all;
  for (; schedule.next().due_us < until_us; schedule.pop()) all.push_back(schedule.next());
  return all;
}

TEST(DeedSchedule, IsInOrderTheSameForASeedAndOtherForAnother) {
  const auto first = deeds(1, 10 * kTurnUs);
  EXPECT_EQ(first, deeds(1, 10 * kTurnUs));
  EXPECT_NE(first, deeds(2, 10 * kTurnUs));
  for (std::size_t i = 1; i < first.size(); ++i) EXPECT_GE(first[i].due_us, first[i - 1].due_us);
}

TEST(DeedSchedule, LetsViewersDoEverythingAndResumeAndHangUpNext) {
  std::map<std::uint32_t, Deed> last;
  std::map<DeedKind, int> kinds;
  std::map<Repeat, int> repeats;
  for (const Deed& deed : deeds(7, 100 * kTurnUs)) {
    ++kinds[deed.kind];
    ++repeats[deed.repeat];
    if (deed.kind == DeedKind::look) {
      EXPECT_EQ(deed.repeat, Repeat::never);
    }
    if (const auto before = last.find(deed.viewer); before != last.end()) {
      EXPECT_EQ(deed.number, before->second.number + 1);
      EXPECT_EQ(before->second.kind == DeedKind::pause, deed.kind == DeedKind::resume);
      EXPECT_EQ(before->second.kind == DeedKind::call, deed.kind == DeedKind::hang_up);
    } else {
      EXPECT_LT(deed.due_us, kTurnUs) << "the first turns are spread over one";
    }
    last[deed.viewer] = deed;
  }
  EXPECT_EQ(kinds.size(), kDeedKinds - 1) << "all but joins, which come before";
  EXPECT_EQ(last.size(), kViewers);
  EXPECT_GT(repeats[Repeat::at_once], 100);
  EXPECT_GT(repeats[Repeat::after_the_answer], 100);
}

TEST(DeedSchedule, SaysItsSharesWhichMakeAWhole) {
  const std::string words = shares_of_turns();
  EXPECT_TRUE(words.starts_with("tip 40 %, ticket 12 %")) << words;
  int sum = 0;
  for (std::size_t at = 0; (at = words.find_first_of("0123456789", at)) != words.npos;) {
    std::size_t digits = 0;
    sum += std::stoi(words.substr(at), &digits);
    at += digits;
  }
  EXPECT_EQ(sum, 100);
}

class MixViewersTest : public testing::Test {
 protected:
  using Kind = Verdict::Kind;
  static Deed deed(DeedKind kind, std::uint64_t number, std::uint64_t value = 0,
                   Repeat repeat = Repeat::never) {
    return {.kind = kind, .number = number, .value = value, .repeat = repeat};
  }
  Verdict judge(const Deed& one, unsigned status, const std::string& body, bool second = false) {
    return viewers_.judge(one, second, viewers_.is_paused(0), status, body);
  }
  static std::string error(const std::string& code) {
    return R"({"error":{"code":")" + code + R"(","message":"m"}})";
  }
  // What is spent by what the viewer is told; the code of the error else.
  std::string spent(const std::string& told) {
    const auto amount = viewers_.read_spent(0, 200, told);
    return amount ? to_decimal(*amount) : amount.error().code;
  }

  Stage stage_{"run", "GCREATOR", {{"film", true}}, {"show-a", "show-b"}};
  MixViewers viewers_{stage_, std::vector<Viewer>(1)};
};

TEST_F(MixViewersTest, AsksUnderAKeyOfItsOwnForEachDeed) {
  const auto first = viewers_.order(deed(DeedKind::tip, 1));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->key, "run-0-1");
  EXPECT_TRUE(first->target.starts_with("/api/tips/send?meter=C")) << first->target;
  EXPECT_EQ(viewers_.order(deed(DeedKind::tip, 1))->key, first->key) << "a repeated one has the same";
  EXPECT_NE(viewers_.order(deed(DeedKind::tip, 2))->key, first->key);
  EXPECT_FALSE(viewers_.order(deed(DeedKind::hang_up, 3))) << "there is no call";
}

TEST_F(MixViewersTest, KnowsTheCallUntilItHasEnded) {
  const std::string begun = R"({"callId":"call_x","session":"s1","state":"active","charged":"0.1000000"})";
  EXPECT_EQ(judge(deed(DeedKind::call, 1), 201, begun).kind, Kind::done);
  ASSERT_EQ(viewers_.last_deeds().size(), 1U);
  EXPECT_EQ(viewers_.last_deeds().front().kind, DeedKind::hang_up);
  const Deed end = deed(DeedKind::hang_up, 2);
  EXPECT_TRUE(viewers_.order(end)->target.starts_with("/api/calls/call_x/end"));
  EXPECT_EQ(judge(end, 200, begun).kind, Kind::wrong) << "it has not ended";
  EXPECT_EQ(
      judge(end, 200, R"({"callId":"call_x","session":"s1","state":"ended","charged":"0.3000000"})").kind,
      Kind::done);
  EXPECT_TRUE(viewers_.last_deeds().empty());
  EXPECT_EQ(viewers_.acknowledged(0).calls.at("s1").charged, Amount(3'000'000));
}

TEST_F(MixViewersTest, WantsEqualAnswersToARepeatedDeedAndCountsThemOnce) {
  const auto told = [](const std::string& amount, const std::string& balance) {
    return R"({"toCreatorId":"G","amountTokens":1,"amount":")" + amount + R"(","newBalance":")" + balance +
           R"("})";
  };
  const Deed twice = deed(DeedKind::tip, 1, 0, Repeat::after_the_answer);
  EXPECT_EQ(judge(twice, 200, told("0.1", "5")).kind, Kind::done);
  EXPECT_EQ(judge(twice, 200, told("0.1", "4"), true).kind, Kind::done) << "the balance may have moved";
  const Deed other = deed(DeedKind::tip, 2, 0, Repeat::at_once);
  EXPECT_EQ(judge(other, 200, told("0.1", "5")).kind, Kind::done);
  EXPECT_EQ(judge(other, 200, told("0.2", "5")).kind, Kind::wrong);
  const Deed done = deed(DeedKind::tip, 3, 0, Repeat::after_the_answer);
  EXPECT_EQ(judge(done, 200, told("0.1", "5")).kind, Kind::done);
  EXPECT_EQ(judge(done, 402, error("balance"), true).kind, Kind::wrong) << "it was done under this key";
  EXPECT_EQ(viewers_.acknowledged(0).tips, Amount(3'000'000));
}

TEST_F(MixViewersTest, CountsOneTicketAShow) {
  const std::string told = R"({"hasAccess":true,"streamId":"s","amount":"0.5000000"})";
  EXPECT_EQ(judge(deed(DeedKind::ticket, 1), 200, told).kind, Kind::done);
  EXPECT_EQ(judge(deed(DeedKind::ticket, 2), 200, told).kind, Kind::done) << "the same show: paid once";
  EXPECT_EQ(judge(deed(DeedKind::ticket, 3, 1), 200, told).kind, Kind::done) << "another one";
  EXPECT_EQ(viewers_.acknowledged(0).tickets, Amount(10'000'000));
  EXPECT_EQ(judge(deed(DeedKind::look, 4), 200, R"({"hasAccess":false})").kind, Kind::wrong);
}

TEST_F(MixViewersTest, WantsNoMoreSpentThanTheHighestLimitEverSet) {
  ASSERT_TRUE(viewers_.read_begin(0, 200, R"({"spent":1,"limit":10,"state":"idle"})"));
  EXPECT_EQ(spent(R"({"spent":10})"), "9.0000000") << "since the beginning";
  EXPECT_EQ(spent(R"({"spent":10.0000001})"), "limit_passed");
  EXPECT_EQ(judge(deed(DeedKind::look, 1), 200, R"({"balance":1,"spent":10.1})").kind, Kind::wrong);
  viewers_.order(deed(DeedKind::limit, 2, 3));
  EXPECT_EQ(spent(R"({"spent":10.0000001})"), "9.0000001");
  EXPECT_EQ(judge(deed(DeedKind::limit, 2, 3), 200, R"({"limit":10.0000000})").kind, Kind::wrong);
  EXPECT_EQ(judge(deed(DeedKind::limit, 2, 3), 200, R"({"limit":1000.0000000})").kind, Kind::done);
}

TEST_F(MixViewersTest, ExpectsRefusalsOfPaymentsAndNoOthers) {
  EXPECT_EQ(judge(deed(DeedKind::tip, 1), 402, error("balance")).kind, Kind::refused);
  EXPECT_EQ(judge(deed(DeedKind::tip, 1), 409, error("balance")).kind, Kind::wrong) << "another status";
  EXPECT_EQ(judge(deed(DeedKind::look, 1), 402, error("balance")).kind, Kind::wrong);
  EXPECT_EQ(judge(deed(DeedKind::tip, 1), 500, error("internal")).kind, Kind::wrong);
  EXPECT_EQ(judge(deed(DeedKind::tip, 1), 201, R"({"amount":"0.1"})").kind, Kind::wrong);
  EXPECT_EQ(judge(deed(DeedKind::tip, 1), 503, error("try_again")).kind, Kind::again);
}

TEST_F(MixViewersTest, ExpectsWhatFollowsFromPausesAndJoins) {
  EXPECT_FALSE(viewers_.expects(0, "paused", false));
  viewers_.order(deed(DeedKind::pause, 1));
  EXPECT_TRUE(viewers_.expects(0, "paused", false)) << "asked for, perhaps done";
  EXPECT_EQ(judge(deed(DeedKind::resume, 2), 200, R"({"state":"idle"})").kind, Kind::done);
  EXPECT_TRUE(viewers_.expects(0, "paused", true)) << "sent before";
  EXPECT_FALSE(viewers_.expects(0, "paused", false));
  EXPECT_TRUE(viewers_.expects(0, "not_joined", false));
  EXPECT_EQ(judge(deed(DeedKind::join, 3), 200, R"({"joined":true,"streamId":"film"})").kind, Kind::done);
  EXPECT_FALSE(viewers_.expects(0, "not_joined", false));
  EXPECT_FALSE(viewers_.expects(0, "frozen", true));
}

TEST(Bill, AddsUpPagesAndFindsTheFirstDifference) {
  const Stage stage{"run", "G", {{"film", false}}, {"show"}};
  Bill bill(stage, "run-0-");
  const auto first = bill.add_page(R"({"items":[
    {"kind":"session","session":"s1","content":"film","amount":"0.0500000"},
    {"kind":"session","session":"c1","content":"c1","amount":"0.2000000"},
    {"kind":"tip","reference":"http:run-0-1","amount":"0.1000000"},
    {"kind":"tip","reference":"http:old-0-1","amount":"9.0000000"},
    {"kind":"settlement","amount":"0.1000000"}],"next":"77.ab"})");
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, "77.ab");
  const auto last = bill.add_page(R"({"items":[
    {"kind":"ticket","content":"show","amount":"0.5000000"},
    {"kind":"session","session":"old","content":"another","amount":"3.0000000"}],"next":null})");
  ASSERT_TRUE(last);
  EXPECT_FALSE(*last);
  Acknowledged told{Amount(1'000'000), Amount(5'000'000), {}, {{"c1", {Amount(2'000'000)}}}};
  EXPECT_EQ(bill.compare(told, Amount(8'500'000)), "");
  EXPECT_NE(bill.compare(told, Amount(8'500'001)), "");
  told.calls["c1"] = {Amount(1'000'000)};
  EXPECT_TRUE(bill.compare(told, Amount(8'500'000)).starts_with("calls of 0.1000000"));
  told.calls["c1"].owes = true;
  EXPECT_EQ(bill.compare(told, Amount(8'500'000)), "") << "it was halted, and has paid since";
  told.calls["c1"].charged = Amount(3'000'000);
  EXPECT_TRUE(bill.compare(told, Amount(8'500'000)).starts_with("calls of 0.3000000"));
  told.tips = Amount(2'000'000);
  EXPECT_TRUE(bill.compare(told, Amount(8'500'000)).starts_with("tips of 0.2000000"));
  EXPECT_FALSE(bill.add_page("{}"));
}

TEST(MixOutcome, IsGoodOnlyWhenAllOfItIs) {
  MixOutcome outcome;
  EXPECT_TRUE(outcome.good());
  outcome.tally.wrongs = 1;
  EXPECT_FALSE(outcome.good());
  outcome.tally.wrongs = 0;
  outcome.due = Amount(1);
  EXPECT_FALSE(outcome.good());
  EXPECT_TRUE(outcome.difference().starts_with("settled 0.0000000")) << outcome.difference();
}

}  // namespace
}  // namespace paytick::app::load
