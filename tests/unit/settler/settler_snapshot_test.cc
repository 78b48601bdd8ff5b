// The settler's snapshots: what is restored from one and the lines after it is what folding everything gives,
// and one that cannot be used changes nothing.
#include "settler/settler_snapshot.h"

#include <gtest/gtest.h>

#include <random>

#include "log/snapshot_slots.h"
#include "model/hash.h"
#include "unit/settler/settler_world.h"

namespace paytick::settler::testing {
namespace {

constexpr PartitionId kPartition{0};
constexpr std::uint32_t kSums = 12;

class SettlerSnapshotTest : public SettlerTest {
 protected:
  void SetUp() override {
    config.policy.batch_items_max = 3;
    config.snapshot_every_bytes = 1;  // whenever four times its own size was read
    chain.foretells = false;          // what is foretold is not on the log
    for (std::uint32_t i = 0; i < kSums; ++i)
      ticks.introduce(i, static_cast<std::uint8_t>(10 + i), i % 5 == 4 ? 9 : 3);  // 9 is not registered
    restart();
  }

  void play(std::mt19937& dice, int steps) {
    for (int i = 0; i < steps; ++i) {
      if (dice() % 3 == 0) {
        const auto sum = static_cast<std::uint32_t>(dice() % kSums);
        ticks.due(sum, due_[sum] += static_cast<std::int64_t>(dice() % 50));
      }
      if (dice() % 8 == 0) chain.close_ledger();
      if (dice() % 40 == 0) chain.send_faults = {SendFault::lost_applied, SendFault::lost};
      const auto done = worker_->step();
      ASSERT_TRUE(done) << done.error().message;
      clock.time = clock.time + 300;
      snapshots_ += worker_->status().snapshots > last_snapshots_ ? 1 : 0;
      last_snapshots_ = worker_->status().snapshots;
    }
  }

  // All that the log holds, folded without a snapshot.
  Accrual from_scratch() {
    Accrual accrual(config.policy);
    FrameFollower of_settlements(log, {log::Topic::settlements, kPartition});
    FrameFollower of_ticks(log, {log::Topic::ticks, kPartition});
    const auto all = [](FrameFollower& follower, const FrameFollower::OnLine& on_line) {
      for (auto moved = follower.pump(1 << 20, on_line);; moved = follower.pump(1 << 20, on_line)) {
        EXPECT_TRUE(moved);
        if (!moved || !*moved) return;
      }
    };
    all(of_settlements, [&](codec::MutableLine line, TimeMs) -> Result<void> {
      accrual.apply(*codec::parse_settlement(line));
      return {};
    });
    all(of_ticks,
        [&](codec::MutableLine line, TimeMs at) { return accrual.apply(*codec::parse_output(line), at); });
    return accrual;
  }

  void expect_as_from_scratch() {
    while (true) {  // read what there is, whatever else a step does
      const auto range = log.range({log::Topic::ticks, kPartition});
      const auto done = worker_->step();
      ASSERT_TRUE(done);
      if (log.range({log::Topic::ticks, kPartition})->end == range->end && !*done) break;
      chain.close_ledger();
      clock.time = clock.time + 300;
    }
    const Accrual expected = from_scratch();
    const Accrual& found = worker_->accrual(kPartition);
    ASSERT_EQ(found.sums().size(), expected.sums().size());
    for (std::size_t i = 0; i < expected.sums().size(); ++i) {
      SumState a = found.sums()[i], b = expected.sums()[i];
      // These two depend on which topic is read first, in every restart.
      a.unsettled_since = b.unsettled_since = TimeMs{};
      a.closed = b.closed = false;
      EXPECT_EQ(a, b) << "sum " << i;
    }
    EXPECT_EQ(found.in_flight(), expected.in_flight());
    EXPECT_EQ(found.due(), expected.due());
    EXPECT_EQ(found.settled(), expected.settled());
    EXPECT_EQ(found.parked(), expected.parked());
    EXPECT_EQ(found.fee_per_item(), expected.fee_per_item());
    EXPECT_EQ(found.failed_in_a_row(), expected.failed_in_a_row());
  }

  // Writes at most `records` of a snapshot's records, as an owner would that then dies.
  void write_snapshot(const std::vector<std::string>& chunks, std::size_t records = 1'000) {
    log::SnapshotSlots slots(log, kPartition, kSettlerSnapshotPrefix);
    ASSERT_TRUE(slots.load());
    slots.begin({}, source_of(chunks));
    for (; slots.is_writing() && records > 0; --records) {
      const auto& next = slots.next(1, clock.now());
      ASSERT_EQ(next.size(), 1U);
      const auto offsets = log.append(next);
      ASSERT_TRUE(offsets);
      slots.wrote(*offsets);
    }
  }

  std::vector<std::string> chunks_of(const SettlerState& state) {
    return to_chunks(kPartition, state.ticks, state.settlements, state.accrual, state.unfinished);
  }

  std::optional<SettlerState> newest() {
    auto stored = log::SnapshotSlots(log, kPartition, kSettlerSnapshotPrefix).load();
    EXPECT_TRUE(stored);
    return *stored ? from_chunks(kPartition, config.policy, (*stored)->chunks) : std::nullopt;
  }

  std::array<std::int64_t, kSums> due_{};
  std::uint64_t snapshots_ = 0, last_snapshots_ = 0;
};

TEST_F(SettlerSnapshotTest, ARestartFromOneIsAsOneFromTheBeginning) {
  int with_snapshot = 0, in_flight = 0;
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    std::mt19937 dice(seed);
    play(dice, static_cast<int>(dice() % 120));
    const auto state = newest();
    with_snapshot += state ? 1 : 0;
    in_flight += state && !state->unfinished.empty() ? 1 : 0;
    last_snapshots_ = 0;
    restart();
    if (HasFatalFailure()) return;
    EXPECT_EQ(worker_->status().restored, state ? 1U : 0U);
    expect_as_from_scratch();
  }
  EXPECT_GT(snapshots_, 20U);
  EXPECT_GT(with_snapshot, 40);
  EXPECT_GT(in_flight, 5);  // a batch that had not ended was carried over
}

TEST_F(SettlerSnapshotTest, WhatLiesBeforeItIsNeededNoMore) {
  std::mt19937 dice(7);
  play(dice, 400);
  const auto state = newest();
  ASSERT_TRUE(state);
  ASSERT_GT(state->ticks.next, Offset{10});
  ASSERT_TRUE(log.trim({log::Topic::ticks, kPartition}, state->ticks.next));
  ASSERT_TRUE(log.trim({log::Topic::settlements, kPartition}, state->settlements.next));
  restart();
  play(dice, 100);
}

TEST_F(SettlerSnapshotTest, OneThatCannotBeUsedIsPassedOver) {
  std::mt19937 dice(9);
  play(dice, 300);
  auto state = newest();
  ASSERT_TRUE(state);
  const auto good = chunks_of(*state);
  auto torn = good;
  torn.front()[torn.front().size() / 2] ^= 1;
  auto short_one = good;
  short_one.back().pop_back();
  EXPECT_TRUE(from_chunks(kPartition, config.policy, good));
  EXPECT_FALSE(from_chunks(PartitionId{1}, config.policy, good));
  state->ticks.next = Offset{1'000'000};
  const auto beyond = chunks_of(*state);
  config.snapshot_every_bytes = 0;
  for (const auto& chunks : {torn, short_one, beyond, {}}) {
    write_snapshot(chunks);
    restart();
    EXPECT_EQ(worker_->status().restored, 0U);
    expect_as_from_scratch();
  }
  write_snapshot(good);
  restart();
  EXPECT_EQ(worker_->status().restored, 1U);
  expect_as_from_scratch();
}

TEST_F(SettlerSnapshotTest, ACrashInMidWriteLeavesTheOneBefore) {
  std::mt19937 dice(13);
  play(dice, 200);
  const auto before = newest();
  ASSERT_TRUE(before);
  config.snapshot_every_bytes = 0;
  restart();
  play(dice, 200);
  expect_as_from_scratch();
  SettlerState state = *before;
  state.ticks = FramePlace{{}, Offset{1}};  // would be met as a gap
  std::string whole;
  for (const std::string& chunk : chunks_of(state)) whole += chunk;
  std::vector<std::string> chunks;
  for (std::size_t at = 0; at < whole.size(); at += whole.size() / 4)
    chunks.push_back(whole.substr(at, whole.size() / 4));
  for (std::size_t written = 0; written <= chunks.size(); ++written) {
    write_snapshot(chunks, written);
    EXPECT_EQ(newest()->ticks, before->ticks);
    restart();
    EXPECT_EQ(worker_->status().restored, 1U);
    expect_as_from_scratch();
  }
  write_snapshot(chunks);
  EXPECT_EQ(newest()->ticks, state.ticks);
}

TEST_F(SettlerSnapshotTest, ALogThatIsFullDoesNotHoldUpTheRest) {
  std::mt19937 dice(15);
  play(dice, 200);
  expect_as_from_scratch();
  const auto before = newest();
  ASSERT_TRUE(before);
  last_snapshots_ = worker_->status().snapshots;
  for (int i = 0; i < 100; ++i) {  // nothing due, so that only a snapshot is written
    ticks.introduce(kSums);
    log.set_fault_source([](log::Write) { return log::Fault::full; });
    ASSERT_TRUE(worker_->step());
    log.set_fault_source({});
  }
  EXPECT_EQ(worker_->status().snapshots, last_snapshots_);
  for (int i = 0; i < 100; ++i) {
    ticks.introduce(kSums);
    ASSERT_TRUE(worker_->step());
  }
  EXPECT_GT(worker_->status().snapshots, last_snapshots_);
  EXPECT_NE(newest()->ticks, before->ticks);
}

TEST_F(SettlerSnapshotTest, AFencedOwnerReplacesNothing) {
  std::mt19937 dice(11);
  play(dice, 300);
  auto slow = std::move(worker_);
  restart();
  const auto before = newest();
  const auto step = slow->step();
  ASSERT_FALSE(step);
  EXPECT_EQ(step.error().next, Next::abort);
  EXPECT_EQ(newest()->ticks, before->ticks);
}

TEST(SettlerImageTest, HoldsEveryField) {
  const Policy policy;
  Accrual accrual(policy);
  for (std::uint32_t i = 0; i < 3; ++i)
    ASSERT_TRUE(accrual.apply(
        SumLine{SumId{i}, id_of<ViewerId>(1), id_of<MeterId>(2), id_of<CreatorId>(3), 1'000}, TimeMs{0}));
  OpenedLine opened;
  opened.session = id_of<SessionId>(8);
  opened.sum = SumId{1};
  ASSERT_TRUE(accrual.apply(opened, TimeMs{1}));
  ASSERT_TRUE(accrual.apply(DueLine{TimeMs{9}, {{SumId{1}, Amount(70)}, {SumId{2}, Amount(5)}}}, TimeMs{10}));
  accrual.apply(Confirmed{id_of<TxHash>(1), 7, TimeMs{50}, Amount(600), {{SumId{2}, Amount(5), {}, {}, 13}}});
  accrual.apply(Failed{id_of<TxHash>(4), "x", TimeMs{51}});
  accrual.apply(Parked{SumId{2}, "x", Amount(5), TimeMs{52}});

  const FramePlace ticks{{Epoch{3}, id_of<OwnerId>(4), Offset{5}, id_of<FrameHash>(6)}, Offset{7}};
  const FramePlace settlements{{Epoch{8}, id_of<OwnerId>(9), Offset{10}, id_of<FrameHash>(11)}, Offset{12}};
  const std::vector<Settlement> unfinished{Submitted{id_of<TxHash>(13), "PENDING", TimeMs{14}}};
  auto restored =
      from_chunks(kPartition, policy, to_chunks(kPartition, ticks, settlements, accrual, unfinished));
  ASSERT_TRUE(restored);
  EXPECT_EQ(restored->ticks, ticks);
  EXPECT_EQ(restored->settlements, settlements);
  EXPECT_EQ(restored->unfinished, unfinished);
  EXPECT_EQ(restored->accrual.sums(), accrual.sums());
  EXPECT_EQ(restored->accrual.due(), Amount(75));
  EXPECT_EQ(restored->accrual.parked(), 1U);
  EXPECT_EQ(restored->accrual.failed_in_a_row(), 1U);
  EXPECT_EQ(restored->accrual.fee_per_item(), accrual.fee_per_item());
  ClosedLine closed;
  closed.session = opened.session;
  ASSERT_TRUE(restored->accrual.apply(closed, TimeMs{60}));
  EXPECT_TRUE(restored->accrual.sums()[1].closed);  // the session was remembered
}

TEST(SettlerImageTest, DamageIsNoticedAndWhatIsSealedAgainStaysInBounds) {
  const Policy policy;
  Accrual accrual(policy);
  ASSERT_TRUE(accrual.apply(
      SumLine{SumId{0}, id_of<ViewerId>(1), id_of<MeterId>(2), id_of<CreatorId>(3), 1'000}, TimeMs{0}));
  OpenedLine opened;
  opened.session = id_of<SessionId>(8);
  ASSERT_TRUE(accrual.apply(opened, TimeMs{1}));
  const std::string good =
      to_chunks(kPartition, {}, {}, accrual, {Submitted{id_of<TxHash>(13), "PENDING", TimeMs{14}}}).front();
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    EXPECT_FALSE(from_chunks(kPartition, policy, {bad})) << "byte " << i;
    EXPECT_FALSE(from_chunks(kPartition, policy, {good.substr(0, i)})) << "cut at " << i;
    // With a checksum that fits: whatever it says, it is read within its bounds.
    std::array<std::uint8_t, 32> sum{};
    if (i >= bad.size() - sum.size()) continue;
    for (const char byte : {'\0', '\x7f', '\xff'}) {
      bad[i] = byte;
      blake2b(std::string_view(bad).substr(0, bad.size() - sum.size()), sum);
      bad.replace(bad.size() - sum.size(), sum.size(), reinterpret_cast<const char*>(sum.data()), sum.size());
      if (const auto state = from_chunks(kPartition, policy, {bad})) {
        EXPECT_LE(state->accrual.sums().size(), 1U);
      }
    }
  }
}

}  // namespace
}  // namespace paytick::settler::testing
