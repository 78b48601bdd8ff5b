// One line in, one verdict out: schemas/heartbeats-in.schema.json, and what a line may not say.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "model/name_ids.h"
#include "model/partition.h"
#include "unit/ingest/bridge/bridge_fixture.h"

namespace paytick::ingest {
namespace {

using Kind = Verdict::Kind;

class JudgeTest : public ::testing::Test {
 protected:
  Verdict judge(std::string line) { return judge_.judge({line.data(), line.size()}, now_, now_); }
  std::string code(const std::string& line) {
    const Verdict verdict = judge(line);
    return verdict.kind == Kind::refused ? verdict.error.code : "";
  }
  void open(std::string_view session, std::string_view attachment, std::string_view who) {
    const Verdict verdict = judge(world_.open(session, attachment, who, now_));
    ASSERT_EQ(verdict.kind, Kind::forward) << verdict.error.message;
    names_.apply(std::get<Open>(verdict.input), now_);
  }

  World world_;
  TimeMs now_{1'790'000'000'000};
  NameBook names_{world_.platform.id, 4};
  LineJudge judge_{world_.platform.id, kLateMsDefault, names_, world_.catalog, world_.meters};
};

std::vector<std::string> golden(const std::string& name) {
  std::ifstream file(std::filesystem::path(PAYTICK_SOURCE_DIR) / "schemas" / "golden" / name);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  EXPECT_FALSE(lines.empty()) << name;
  return lines;
}

TEST_F(JudgeTest, TakesTheGoldenLines) {
  for (const std::string& line : golden("heartbeats-in.ndjson")) {
    const Verdict verdict = judge(line);
    // A price or a time of its own may not be ours; nothing else is wrong with it.
    if (verdict.kind == Kind::refused) {
      EXPECT_EQ(verdict.error.code, "late") << line;
    }
  }
}

TEST_F(JudgeTest, RefusesTheInvalidLines) {
  for (const std::string& line : golden("heartbeats-in.invalid.ndjson")) {
    const Verdict verdict = judge(line);
    EXPECT_EQ(verdict.kind, Kind::refused) << line;
    EXPECT_FALSE(verdict.error.code.empty());
  }
}

TEST_F(JudgeTest, FillsInPriceCreatorAndIds) {
  const Verdict verdict = judge(world_.open("room", "tab", "1", now_));
  ASSERT_EQ(verdict.kind, Kind::forward) << verdict.error.message;
  const Open& open = std::get<Open>(verdict.input);
  EXPECT_EQ(open.plan, world_.content.plan);
  EXPECT_EQ(open.creator, world_.content.creator_wallet);
  EXPECT_EQ(open.session, derive_session_id(world_.platform.id, "room"));
  EXPECT_EQ(open.attachment, derive_attachment_id(world_.platform.id, World::viewer("1"), "tab"));
  EXPECT_EQ(open.platform, world_.platform.id);
  EXPECT_EQ(open.reference, "room");
  EXPECT_EQ(open.late_ms, kLateMsDefault);
  EXPECT_FALSE(open.resume);
  EXPECT_EQ(verdict.partition, partition_of(World::viewer("1"), 4));
}

TEST_F(JudgeTest, NobodyOutsideNamesAPriceOrADeposit) {
  const auto with = [&](const std::string& more) { return code(world_.open("r", "t", "1", now_, more)); };
  EXPECT_EQ(with(R"(,"price":1)"), "forbidden_field");
  EXPECT_EQ(with(R"(,"plan":{"pricePerTick":1})"), "forbidden_field");
  EXPECT_EQ(with(R"(,"plan":{})"), "forbidden_field");
  EXPECT_EQ(with(R"(,"plan":[])"), "forbidden_field");
  EXPECT_EQ(with(R"(,"creator":"x")"), "forbidden_field");
  EXPECT_EQ(with(R"(,"deposited":10000000)"), "forbidden_field");
  EXPECT_EQ(with(R"(,"lateMs":604800000)"), "forbidden_field");
  EXPECT_EQ(with(R"(,"planId":")" + to_text(named<PlanId>("cheap")) + '"'), "price_changed");
  for (const char* type : {"meter", "charge", "credit", "limit", "refund", "clock", "gateway", "content"})
    EXPECT_EQ(code(R"({"v":1,"type":")" + std::string(type) + R"("})"), "forbidden_type") << type;
  EXPECT_EQ(code(R"({"type":"tick"})"), "unknown_type");
}

TEST_F(JudgeTest, AForeignViewerIsRefused) {
  std::string line = world_.open("r", "t", "1", now_);
  const std::string other = to_text(World::meter("2"));
  line.replace(line.find(to_text(World::meter("1"))), other.size(), other);
  EXPECT_EQ(code(line), "foreign_contract");
  open("room", "tab", "1");
  EXPECT_EQ(code(World::say("heartbeat", "room", "tab", now_,
                            R"(,"viewer":")" + to_text(World::viewer("2")) + '"')),
            "forbidden_field");
}

TEST_F(JudgeTest, AForeignSessionIsRefused) {
  open("room", "tab", "1");
  EXPECT_EQ(code(world_.open("room", "tab", "2", now_)), "session_conflict");
  EXPECT_EQ(code(world_.open("other", "tab", "1", now_)), "session_conflict");  // used for another session
  // Another platform's session of the same name is another session, and is not known here.
  const auto other = named<PlatformId>("other");
  NameBook names(other, 4);
  LineJudge judge(other, kLateMsDefault, names, world_.catalog, world_.meters);
  std::string line = World::ping("room", "tab", now_);
  EXPECT_EQ(judge.judge({line.data(), line.size()}, now_, now_).kind, Kind::unknown);
}

TEST_F(JudgeTest, WhatIsNotKnownMayComeToBeKnown) {
  EXPECT_EQ(judge(World::ping("room", "tab", now_)).kind, Kind::unknown);
  EXPECT_EQ(judge(World::stop("room", "tab", now_)).kind, Kind::unknown);
  EXPECT_EQ(judge(world_.open("room", "tab", "new", now_)).error.code, "unknown_contract");
  world_.meters.put(World::meter("new"), World::viewer("new"));
  open("room", "tab", "new");
  EXPECT_EQ(judge(World::ping("room", "tab", now_)).kind, Kind::forward);
  EXPECT_EQ(judge(World::ping("room", "other tab", now_)).kind, Kind::unknown);
}

TEST_F(JudgeTest, TimesAreBounded) {
  open("room", "tab", "1");
  EXPECT_EQ(judge(World::ping("room", "tab", now_ - kLateMsDefault)).kind, Kind::forward);
  EXPECT_EQ(code(World::ping("room", "tab", now_ - kLateMsDefault - 1)), "late");
  EXPECT_EQ(code(World::ping("room", "tab", now_ + kFutureMsMax + 1)), "bad_time");
  EXPECT_EQ(judge(World::stop("room", "tab", now_ - 10 * kLateMsDefault)).kind, Kind::forward);
  const LineJudge patient(world_.platform.id, kLateMsMax, names_, world_.catalog, world_.meters);
  std::string line = World::ping("room", "tab", now_ - kLateMsMax);
  const TimeMs taken = now_ - kLateMsMax + kLateMsDefault;
  EXPECT_EQ(patient.judge({line.data(), line.size()}, taken, now_).kind, Kind::forward);
}

// What the broker has acknowledged is not lost for lying there; what was too old by then, or too early, stays
// so.
TEST_F(JudgeTest, TimesAreMeasuredFromWhenTheLineWasTaken) {
  open("room", "tab", "1");
  constexpr std::int64_t kDay = 86'400'000;
  const LineJudge patient(world_.platform.id, kDay, names_, world_.catalog, world_.meters);
  const auto verdict = [&](std::int64_t written_ms, std::int64_t at_ms) {
    std::string line = World::ping("room", "tab", now_ + at_ms);
    const Verdict found = patient.judge({line.data(), line.size()}, now_ + written_ms, now_);
    return found.kind == Kind::forward ? "forward" : found.error.code;
  };
  EXPECT_EQ(verdict(-kDay / 2, -kDay / 2), "forward");
  EXPECT_EQ(verdict(-kDay / 2, -kDay / 2 - kLateMsDefault), "forward");
  EXPECT_EQ(verdict(-kDay / 2, -kDay / 2 - kLateMsDefault - 1), "late");
  EXPECT_EQ(verdict(-kDay / 2, 0), "bad_time");
  EXPECT_EQ(verdict(0, -kLateMsDefault - 1), "late") << "nobody bills the past";
  EXPECT_EQ(verdict(-kDay, -kDay), "forward");
  EXPECT_EQ(verdict(-kDay, -kDay - 1), "late") << "it has lain too long";
}

TEST_F(JudgeTest, ASecondAttachmentContinuesTheSession) {
  open("room", "tab", "1");
  const Verdict verdict = judge(world_.open("room", "tv", "1", now_));
  const Open& second = std::get<Open>(verdict.input);
  EXPECT_EQ(second.resume, derive_session_id(world_.platform.id, "room"));
  EXPECT_NE(second.session, *second.resume);
}

TEST_F(JudgeTest, ARepeatSaysTheSame) {
  const Verdict first = judge(world_.open("room", "tab", "1", now_));
  names_.apply(std::get<Open>(first.input), now_);
  EXPECT_EQ(judge(world_.open("room", "tab", "1", now_)).input, first.input);
  names_.apply(Stop{{}, std::get<Open>(first.input).attachment, now_}, now_);
  EXPECT_EQ(code(world_.open("room", "tab", "1", now_)), "session_closed");
  EXPECT_EQ(code(World::ping("room", "tab", now_)), "session_closed");
  EXPECT_EQ(judge(World::stop("room", "tab", now_)).kind, Kind::repeated);
}

}  // namespace
}  // namespace paytick::ingest
