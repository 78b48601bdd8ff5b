// The bridge over a log: what comes in any order, what waits, what is put on record.

#include "unit/ingest/bridge/bridge_fixture.h"

namespace paytick::ingest {
namespace {

class BridgeWorkerTest : public BridgeTest {};

TEST_F(BridgeWorkerTest, ForwardsInOrder) {
  const TimeMs t = clock_.time;
  produce(0, world_.open("room", "tab", "1", t) + "\n" + World::ping("room", "tab", t) + "\r\n\n");
  produce(1, World::ping("room", "tab", t + 1));
  produce(2, "");
  settle();
  EXPECT_EQ(opens(), 1U);
  EXPECT_EQ(pings(), 2U);
  EXPECT_EQ(first_refusal(), "");
  const BridgeStats stats = worker_->stats();
  EXPECT_TRUE(stats.running);
  EXPECT_EQ(stats.lines, 3U);
  EXPECT_EQ(stats.records, 3U);
  EXPECT_EQ(stats.attachments, 1U);
}

TEST_F(BridgeWorkerTest, AHeartbeatMayComeBeforeItsOpen) {
  const TimeMs t = clock_.time;
  produce(0, World::ping("room", "tab", t));
  pass(config_.unknown_ms - 1'000);
  EXPECT_EQ(pings(), 0U);
  EXPECT_EQ(worker_->stats().waiting, 1U);
  produce(1, world_.open("room", "tab", "1", t));
  pass(100);
  EXPECT_EQ(pings(), 1U);
  EXPECT_EQ(worker_->stats().waiting, 0U);
  EXPECT_EQ(first_refusal(), "");
}

TEST_F(BridgeWorkerTest, WhatStaysUnknownIsRefusedOnRecord) {
  const Offset at = produce(2, "\n" + World::ping("room", "tab", clock_.time) + "\n");
  pass(config_.unknown_ms + 100);
  const auto refusals = refusals_of(*log_);
  ASSERT_EQ(refusals.size(), 1U);
  EXPECT_EQ(refusals[0].code, "unknown_session");
  EXPECT_EQ(refusals[0].partition, PartitionId{2});
  EXPECT_EQ(refusals[0].offset, at);
  EXPECT_EQ(refusals[0].line, 1U);
  EXPECT_TRUE(refusals[0].text.starts_with(R"({"type":"heartbeat")"));
  EXPECT_EQ(pings(), 0U);
}

TEST_F(BridgeWorkerTest, AnOpenWaitsForItsMeterAndContent) {
  produce(0, world_.open("room", "tab", "new", clock_.time) + "\n" + World::ping("room", "tab", clock_.time));
  pass(1'000);
  EXPECT_EQ(opens(), 0U);
  world_.meters.put(World::meter("new"), World::viewer("new"));
  pass(100);
  EXPECT_EQ(opens(), 1U);
  EXPECT_EQ(pings(), 1U);
}

TEST_F(BridgeWorkerTest, AStopComesAfterWhatWasWrittenBeforeIt) {
  const TimeMs t = clock_.time;
  produce(0, world_.open("room", "tab", "1", t));
  settle();
  produce(0, World::stop("room", "tab", t));
  settle();
  EXPECT_EQ(stops(), 0U);
  pass(config_.stop_ms / 2);
  produce(1, World::ping("room", "tab", t));
  pass(config_.stop_ms);
  EXPECT_EQ(stops(), 1U);
  EXPECT_EQ(pings(), 1U);
  EXPECT_EQ(first_refusal(), "");
  produce(1, World::ping("room", "tab", t));
  produce(2, World::stop("room", "tab", t));
  produce(2, world_.open("room", "tab", "1", t));
  pass(1'000);
  EXPECT_EQ(stops(), 1U);
  EXPECT_EQ(codes(), (std::vector<std::string>{"session_closed", "session_closed"}));
  EXPECT_EQ(worker_->stats().repeated, 1U);
}

// A backlog: partition 0 holds the stops of everything, and is read by the time of its records.
TEST_F(BridgeWorkerTest, WhatHasPiledUpIsReadInTheOrderInWhichItWasWritten) {
  const TimeMs t = clock_.time;
  for (int i = 0; i < 500; ++i) {
    const std::string session = "room" + std::to_string(i);
    produce_at(2, world_.open(session, session, "1", t), t + i * 100);
    produce_at(1, World::ping(session, session, t + 10), t + i * 100 + 10);
    produce_at(0, World::stop(session, session, t + 20), t + i * 100 + 20);
  }
  clock_.time = t + 60'000;
  pass(1'000);
  EXPECT_EQ(opens(), 500U);
  EXPECT_EQ(pings(), 500U);
  EXPECT_EQ(stops(), 500U);
  EXPECT_EQ(first_refusal(), "");
}

// Acknowledged by the platform's own Kafka while no bridge ran, for hours.
TEST_F(BridgeWorkerTest, WhatLayForHoursIsForwardedAndWhatWasTooOldByThenIsNot) {
  config_.late_ms = 86'400'000;
  restart();
  const TimeMs t = clock_.time;
  produce(0, world_.open("room", "tab", "1", t) + "\n" + World::ping("room", "tab", t));
  produce(1, World::ping("room", "tab", t - kLateMsDefault - 1));
  clock_.time = t + 8 * 3'600'000;
  produce(2, World::ping("room", "tab", t));
  pass(1'000);
  EXPECT_EQ(opens(), 1U);
  EXPECT_EQ(pings(), 1U);
  EXPECT_EQ(codes(), (std::vector<std::string>{"late", "late"}));
}

TEST_F(BridgeWorkerTest, GarbageIsOnRecordAndHoldsUpNobody) {
  const TimeMs t = clock_.time;
  produce(0, "garbage\n{}\n" + world_.open("room", "tab", "1", t) + "\n\xff\xfe\n" +
                 std::string(kBatchLineBytesMax + 1, ' '));
  produce(1, std::string(codec::kRecordBytesMax + 0, '{'));
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "x\n";
  produce(2, many);
  settle();
  EXPECT_EQ(opens(), 1U);
  const BridgeStats stats = worker_->stats();
  EXPECT_EQ(stats.refused.at("too_many_lines"), 1U);
  EXPECT_EQ(stats.refused.at("malformed_json"), 2U + kRecordLinesMax);
  EXPECT_EQ(stats.refused.at("missing_field"), 1U);
  EXPECT_EQ(stats.refused.at("too_large"), 2U);
  EXPECT_EQ(refusals_of(*log_).size(), 6U + kRecordLinesMax);
}

TEST_F(BridgeWorkerTest, AFloodOfUnknownNamesIsBounded) {
  for (int i = 0; i < 40; ++i) {
    std::string lines;
    for (int j = 0; j < 500; ++j)
      lines += World::ping("no" + std::to_string(i * 500 + j), "tab", clock_.time) + "\n";
    produce(0, lines);
  }
  produce(0, world_.open("room", "tab", "1", clock_.time));
  settle();
  EXPECT_EQ(opens(), 1U);
  EXPECT_LE(worker_->stats().waiting, kWaitingLinesMax);
  pass(config_.unknown_ms + 1'000);
  EXPECT_EQ(refusals_of(*log_).size(), 20'000U);
  EXPECT_EQ(worker_->stats().waiting, 0U);
}

TEST_F(BridgeWorkerTest, ASessionOpenedOverHttpIsKnown) {
  NameBook gateway(world_.platform.id, options_.partitions);
  const auto opening = gateway.opening("room", "tab", World::viewer("1"));
  Open open;
  open.session = opening->entry.session;
  open.attachment = opening->entry.attachment;
  open.viewer = World::viewer("1");
  open.meter = World::meter("1");
  open.content = world_.content.id;
  open.plan = world_.content.plan;
  open.platform = world_.platform.id;
  open.at = clock_.time;
  log::NewRecord record{{log::Topic::heartbeats, opening->entry.partition}, clock_.time, {}, {}};
  codec::write(Input{open}, record.value);
  produce(0, World::ping("room", "tab", clock_.time));
  settle();
  ASSERT_TRUE(log_->append(std::vector{record}));
  pass(100);
  EXPECT_EQ(pings(), 1U);
}

TEST_F(BridgeWorkerTest, RecordsThatWereTrimmedUnreadAreOnRecord) {
  const auto open = [&](int i) {
    const std::string name = "room" + std::to_string(i);
    produce(0, world_.open(name, name, "1", clock_.time));
  };
  for (int i = 0; i < 5; ++i) open(i);
  settle();
  for (int i = 5; i < 9; ++i) open(i);
  ASSERT_TRUE(log_->trim({log::Topic::heartbeats_in, PartitionId{0}}, Offset{7}));
  settle();
  EXPECT_EQ(opens(), 7U);
  const auto refusals = refusals_of(*log_);
  ASSERT_EQ(refusals.size(), 1U);
  EXPECT_EQ(refusals[0].code, "trimmed");
  EXPECT_EQ(refusals[0].offset, Offset{5});
}

TEST_F(BridgeWorkerTest, TakesOverFromItsSnapshot) {
  config_.snapshot_every_bytes = 1;
  restart();
  const TimeMs t = clock_.time;
  for (int i = 0; i < 50; ++i) {
    const std::string name = "room" + std::to_string(i);
    produce(static_cast<std::uint32_t>(i) % 3,
            world_.open(name, name + "a", "1", t) + "\n" + world_.open(name, name + "b", "1", t));
    pass(50);
  }
  EXPECT_GT(worker_->stats().snapshots, 2U);
  EXPECT_EQ(opens(), 100U);
  EXPECT_EQ(worker_->stats().takeovers, 1U);
  // Until one has begun after all that.
  const std::uint64_t before = worker_->stats().snapshots;
  while (worker_->stats().snapshots < before + 2) {
    produce(0, World::ping("room0", "room0a", t));
    pass(50);
  }
  const std::size_t pings_before = pings();
  // Nothing of what is in the snapshot needs to be left.
  for (std::uint32_t p = 0; p < 3; ++p) {
    const log::TopicPartition tp{log::Topic::heartbeats, PartitionId{p}};
    ASSERT_TRUE(log_->trim(tp, log_->range(tp)->end));
  }
  restart();
  for (int i = 0; i < 50; ++i) {
    const std::string name = "room" + std::to_string(i);
    produce(1, World::ping(name, name + (i % 2 == 0 ? "a" : "b"), t));
  }
  settle();
  EXPECT_EQ(pings(), 50U);
  EXPECT_GT(pings_before, 0U);
  EXPECT_EQ(first_refusal(), "");
}

TEST_F(BridgeWorkerTest, TellsItsLag) {
  EXPECT_FALSE(worker_->stats().running);
  settle();
  EXPECT_TRUE(worker_->stats().running);
  produce(1, "x");
  clock_.time = clock_.time + 5'000;
  ASSERT_TRUE(worker_->step());
  EXPECT_EQ(worker_->stats().lag, (std::vector<std::int64_t>{0, 1, 0}));
  clock_.time = clock_.time + 5'000;
  settle();
  EXPECT_EQ(worker_->stats().lag, (std::vector<std::int64_t>{0, 0, 0}));
  EXPECT_EQ(worker_->stats().refused.at("malformed_json"), 1U);
}

}  // namespace
}  // namespace paytick::ingest
