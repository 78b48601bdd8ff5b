#include <gtest/gtest.h>

#include <memory>

#include "aggregator/clock_ticker.h"
#include "aggregator/partition_worker.h"
#include "stuttering_log.h"
#include "world.h"

namespace paytick::aggregator {
namespace {

WorkerConfig with_snapshots() {
  WorkerConfig config;
  config.snapshot_every_records = 5;
  config.snapshot_step_bytes = 1;  // one chunk a step
  return config;
}

TEST(Worker, WritesWhatTheFoldSaysInFrames) {
  World world;
  world.append_story(12);
  const auto worker = world.worker();
  world.run_to_end(*worker);
  world.expect_truth();
  EXPECT_FALSE(world.replies().all.empty());
  EXPECT_EQ(worker->next(), world.log().range(kInputs)->end);
}

TEST(Worker, ASecondRunGoesOnWhereTheFirstEnded) {
  World world;
  world.append_story(12);
  world.run_to_end(*world.worker());
  world.append_story(12, 12);
  const auto worker = world.worker();
  world.run_to_end(*worker);
  world.expect_truth();
  EXPECT_GT(worker->counters().replayed, 0U);
}

// A read that fails half-way through a frame must not leave the fold half-way through it, too.
TEST(Worker, RestoresAndGoesOnOverALogThatStutters) {
  for (int every = 4; every < 16; ++every) {
    SCOPED_TRACE(testing::Message() << "every read number " << every);
    World world;
    world.append_story(12);
    world.run_to_end(*world.worker());
    StutteringLog log(world.log(), every);
    const auto worker = world.worker_through(log);
    world.append_story(12, 12);
    world.run_to_end(*worker);
    world.expect_truth();
    EXPECT_GT(worker->counters().replayed, 0U);
  }
}

// The engine has forgotten the epochs, as Kafka does with a group that is long idle; the frames have not.
TEST(Worker, TakesAnEpochAboveWhatItReads) {
  World world;
  world.append_story(12);
  for (int i = 0; i < 3; ++i) world.run_to_end(*world.worker());
  log::MemoryLog forgetful({.partitions = 1, .wait_blocks = false, .markers = true});
  for (const log::TopicPartition tp : {kInputs, kTicks}) {
    const auto records = world.log().read(tp, Offset{}, 64 << 20);
    ASSERT_TRUE(records);
    for (const log::Record& r : *records) {
      const log::NewRecord copy{tp, r.append_time, r.key, r.value};
      ASSERT_TRUE(forgetful.append(std::span(&copy, 1)));
    }
  }
  const auto worker = world.worker_through(forgetful);
  world.run_to_end(*worker);
  EXPECT_TRUE(worker->is_running());
  EXPECT_GT(worker->position().epoch, Epoch{3});
}

// Each fault, at each write, with and without snapshots.
class WorkerFault : public testing::TestWithParam<log::Fault> {};

TEST_P(WorkerFault, ChangesNothingWhereverItComes) {
  for (const bool snapshots : {false, true}) {
    for (int at = 0; at < 40; ++at) {
      SCOPED_TRACE(testing::Message() << "write " << at << ", snapshots " << snapshots);
      World world;
      world.append_story(10);
      int writes = 0;
      world.log().set_fault_source([&](log::Write kind) {
        return kind != log::Write::append && writes++ == at ? GetParam() : log::Fault::none;
      });
      const auto worker = world.worker(snapshots ? with_snapshots() : WorkerConfig{});
      world.run_to_end(*worker);
      world.append_story(4, 10);
      world.run_to_end(*worker);
      world.expect_truth();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, WorkerFault,
                         testing::Values(log::Fault::busy, log::Fault::full, log::Fault::fenced,
                                         log::Fault::in_doubt_applied, log::Fault::in_doubt_dropped));

class WorkerCrash : public testing::TestWithParam<log::Fault> {};

TEST_P(WorkerCrash, LosesAndDoublesNothingWhereverItComes) {
  for (const bool snapshots : {false, true}) {
    for (int at = 0; at < 40; ++at) {
      SCOPED_TRACE(testing::Message() << "write " << at << ", snapshots " << snapshots);
      World world;
      world.append_story(10);
      int writes = 0;
      world.log().set_fault_source([&](log::Write kind) {
        return kind != log::Write::append && writes++ == at ? GetParam() : log::Fault::none;
      });
      const WorkerConfig config = snapshots ? with_snapshots() : WorkerConfig{};
      auto worker = world.worker(config);
      while (true) {
        const auto result = worker->step();
        if (!result || *result == StepResult::idle) break;
      }
      world.restart();
      worker = world.worker(config);
      world.append_story(4, 10);
      world.run_to_end(*worker);
      world.expect_truth();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Crashes, WorkerCrash,
                         testing::Values(log::Fault::crash_before, log::Fault::crash_after));

TEST(Worker, TwoOwnersNeverBothWrite) {
  for (int seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE(seed);
    World world;
    world.append_story(10);
    const std::unique_ptr<PartitionWorker> workers[] = {world.worker(with_snapshots()),
                                                        world.worker(with_snapshots())};
    std::uint32_t random = static_cast<std::uint32_t>(seed) * 2654435761U + 1;
    for (int i = 0; i < 200; ++i) {
      random = random * 1664525 + 1013904223;
      // A while of one, then a while of the other: neither would get anywhere if they took turns.
      static_cast<void>(workers[(random >> 28) == 0 ? 1 - (i / 40) % 2 : (i / 40) % 2]->step());
    }
    world.run_to_end(*workers[0]);
    world.expect_truth();
  }
}

// The other owner's snapshot stands beyond the fence of the one that was slow: that is a lost partition, not
// a broken log.
TEST(Worker, ASlowOwnerIsFencedByTheSnapshotOfTheNext) {
  // Of these, some end with a snapshot and no frame after it.
  for (int every = 1; every <= 12; ++every) {
    SCOPED_TRACE(every);
    World world;
    world.append_story(10);
    WorkerConfig config;
    config.snapshot_every_records = static_cast<std::uint64_t>(every);
    config.step_bytes_max = 1;  // a record a step
    const auto slow = world.worker(config);
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(slow->step());  // acquires and writes its fence
    const auto next = world.worker(config);
    world.run_to_end(*next);
    for (int i = 0; i < 10; ++i) static_cast<void>(next->step());  // the rest of a snapshot
    auto result = slow->step();
    while (result && *result == StepResult::worked) result = slow->step();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "fenced");
    EXPECT_EQ(result.error().next, Next::abort);
    world.append_story(4, 10);
    world.run_to_end(*slow);
    world.expect_truth();
  }
}

TEST(Worker, RestoresFromItsSnapshotAlone) {
  World world;
  world.append_story(20);
  auto worker = world.worker(with_snapshots());
  world.run_to_end(*worker);
  const auto point = worker->snapshot_point();
  ASSERT_TRUE(point);
  const std::string truth = world.true_lines();
  const std::string written = world.ticks_lines();
  ASSERT_TRUE(world.log().trim(kInputs, point->position.to));
  ASSERT_TRUE(world.log().trim(kTicks, point->ticks_next));
  worker = world.worker();
  world.run_to_end(*worker);
  EXPECT_EQ(written, truth);
  EXPECT_LT(worker->counters().replayed, 25U);
  ASSERT_TRUE(worker->fold());
  EXPECT_EQ(worker->fold()->session(named<SessionId>("v"))->ticks, 29);
}

TEST(Worker, ADamagedSnapshotIsAsGoodAsNone) {
  World world;
  world.append_story(20);
  world.run_to_end(*world.worker(with_snapshots()));
  for (const char* key : {"0/0", "1/0"}) {
    auto chunk = world.log().latest(kSnapshots, key);
    ASSERT_TRUE(chunk && *chunk);
    log::NewRecord damaged{kSnapshots, {}, key, (*chunk)->value};
    damaged.value[damaged.value.size() / 2] ^= 1;
    ASSERT_TRUE(world.log().append(std::span(&damaged, 1)));
  }
  world.append_story(4, 20);
  const auto worker = world.worker();
  world.run_to_end(*worker);
  world.expect_truth();
  EXPECT_GT(worker->counters().replayed, 40U);
}

TEST(Worker, WithoutASnapshotATrimmedLogIsFatal) {
  World world;
  world.append_story(10);
  world.run_to_end(*world.worker());
  ASSERT_TRUE(world.log().trim(kInputs, Offset{5}));
  const auto worker = world.worker();
  Result<StepResult> result = worker->step();
  while (result) result = worker->step();
  EXPECT_EQ(result.error().code, "snapshot_needed");
  EXPECT_EQ(result.error().next, Next::fatal);
}

// An owner that died between the records of one frame, on an engine that could tear a step.
TEST(Worker, ATornFrameIsDroppedByTheNextFence) {
  World world;
  world.append_story(10);
  world.run_to_end(*world.worker());
  const auto lease = world.log().acquire(log::Role::aggregator, kPartition);
  const OwnerId owner = named<OwnerId>("torn");
  FrameReader reader;
  const auto written = world.log().read(kTicks, Offset{}, 1 << 20);
  for (const log::Record& r : *written) ASSERT_TRUE(reader.read(r.value));
  FrameHash prev = reader.position().prev;
  std::string lines;
  while (lines.size() < 600'000) codec::write(Output(HaltLine{}), lines);
  const FrameSpan span{kPartition, lease->epoch, reader.position().to, Offset{99}, kFoldVersion};
  const auto frames = build_frame(span, lines, prev);
  ASSERT_GT(frames.size(), 1U);
  log::Step step;
  step.lease = *lease;
  step.records = {{kTicks, {}, {}, build_fence({kPartition, lease->epoch, owner})},
                  {kTicks, {}, {}, frames[0]}};
  ASSERT_TRUE(world.log().commit(step));
  world.append_story(4, 10);
  world.run_to_end(*world.worker());
  world.expect_truth();
}

constexpr int kCrowd = 6'000;

WorkerConfig in_parts() {
  WorkerConfig config;
  config.commit_bytes_max = 1;  // a record a step
  return config;
}

// However much one input turns into, no step of the log holds more of it than it may.
TEST(Worker, WritesALargeFrameInParts) {
  World world;
  world.append_crowd(kCrowd);
  const auto worker = world.worker(in_parts());
  Offset end{};
  int held_back = 0;
  for (bool idle = false; !idle;) {
    const Offset position = worker->next();
    const auto done = worker->step();
    ASSERT_TRUE(done) << done.error().message;
    idle = *done == StepResult::idle;
    const Offset now = world.log().range(kTicks)->end;
    ASSERT_LE(static_cast<std::int64_t>(now), static_cast<std::int64_t>(end) + 2);  // a record and a marker
    if (now != end && worker->is_running() && worker->next() == position && position != Offset{}) ++held_back;
    end = now;
  }
  EXPECT_GE(held_back, 1);
  world.expect_truth();
}

class WorkerInParts : public testing::TestWithParam<log::Fault> {};

TEST_P(WorkerInParts, LosesAndDoublesNothingWhereverItEnds) {
  for (int at = 14; at < 19; ++at) {  // before, in and after the large frame
    SCOPED_TRACE(testing::Message() << "write " << at);
    World world;
    world.append_crowd(kCrowd);
    int writes = 0;
    world.log().set_fault_source([&](log::Write kind) {
      return kind != log::Write::append && writes++ == at ? GetParam() : log::Fault::none;
    });
    auto worker = world.worker(in_parts());
    for (bool more = true; more;) {
      const auto done = worker->step();
      if (!done && world.log().crashed()) {
        world.restart();
        worker = world.worker(in_parts());
      }
      more = !done || *done == StepResult::worked;
    }
    EXPECT_GT(writes, at);
    world.expect_truth();
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, WorkerInParts,
                         testing::Values(log::Fault::busy, log::Fault::fenced, log::Fault::in_doubt_applied,
                                         log::Fault::in_doubt_dropped, log::Fault::crash_before,
                                         log::Fault::crash_after));

TEST(Worker, AFrameThatTheRulesDoNotGiveIsFatal) {
  World world;
  world.append_story(4);
  const auto lease = world.log().acquire(log::Role::aggregator, kPartition);
  FrameHash prev;
  std::string lines;
  codec::write(Output(HaltLine{}), lines);
  log::Step step;
  step.lease = *lease;
  step.records = {{kTicks, {}, {}, build_fence({kPartition, lease->epoch, named<OwnerId>("other")})}};
  for (std::string& frame :
       build_frame({kPartition, lease->epoch, {}, Offset{1}, kFoldVersion}, lines, prev)) {
    step.records.push_back({kTicks, {}, {}, frame});
  }
  ASSERT_TRUE(world.log().commit(step));
  const auto worker = world.worker();
  Result<StepResult> result = worker->step();
  while (result) result = worker->step();
  EXPECT_EQ(result.error().code, "replay_mismatch");
  EXPECT_EQ(worker->step().error().code, "replay_mismatch");
}

// A log that the first version of the rules has folded: `viewer` lines and sums of credits were not yet told.
// Its frames are folded again by their own rules, what follows by the newest.
TEST(Worker, GoesOnBehindFramesOfEarlierRules) {
  World world;
  world.append_story(4);
  Limit limit;
  limit.viewer = named<ViewerId>("v");
  limit.amount = Amount(20'000'000);
  Credit credit;
  credit.viewer = named<ViewerId>("v");
  credit.meter = named<MeterId>("v");
  credit.amount = Amount(7);
  credit.key = "key";
  world.append(4'000, {limit, credit});

  const auto lease = world.log().acquire(log::Role::aggregator, kPartition);
  log::Step step;
  step.lease = *lease;
  step.records = {{kTicks, {}, {}, build_fence({kPartition, lease->epoch, named<OwnerId>("other")})}};
  Fold old(FoldConfig{kPartition, 1});
  old.use_rules(1);
  FoldOutput out;
  auto inputs = world.log().read(kInputs, Offset{}, 1 << 24);
  ASSERT_TRUE(inputs);
  for (log::Record& record : *inputs) old.apply(record.offset, record.append_time, record.value, out);
  EXPECT_EQ(out.lines.find("\"type\":\"viewer\""), out.lines.npos);
  FrameHash prev;
  const Offset end = world.log().range(kInputs)->end;
  for (std::string& frame : build_frame({kPartition, lease->epoch, {}, end, 1}, out.lines, prev)) {
    step.records.push_back({kTicks, {}, {}, frame});
  }
  ASSERT_TRUE(world.log().commit(step));

  credit.key = "another";
  limit.amount = Amount(10'000'000);
  world.append(5'000, {limit, credit});
  const auto worker = world.worker();
  world.run_to_end(*worker);
  EXPECT_TRUE(worker->is_running());
  const std::string lines = world.ticks_lines();
  ASSERT_EQ(lines.compare(0, out.lines.size(), out.lines), 0);
  const std::string news = lines.substr(out.lines.size());
  EXPECT_NE(news.find("\"type\":\"viewer\""), news.npos);
  EXPECT_NE(news.find("\"credited\":14"), news.npos);
}

class ManualClock final : public WallClock {
 public:
  TimeMs now() override { return time; }
  TimeMs time{1'790'000'000'250};
};

TEST(ClockTicker, WritesOneLineASecondToEachPartition) {
  World world;
  ManualClock clock;
  ClockTicker ticker(world.log(), clock, {kPartition});
  EXPECT_TRUE(*ticker.pump());
  EXPECT_FALSE(*ticker.pump());
  clock.time = clock.time + 700;
  EXPECT_FALSE(*ticker.pump());
  clock.time = clock.time + 50;
  EXPECT_TRUE(*ticker.pump());
  clock.time = clock.time - 100'000;  // the wall clock steps back: time goes on
  EXPECT_TRUE(*ticker.pump());
  world.log().fail_next(log::Fault::full);
  clock.time = clock.time + 1'000;
  EXPECT_EQ(ticker.pump().error().code, "log_full");
  EXPECT_TRUE(*ticker.pump());
  EXPECT_EQ(world.log().range(kInputs)->end, Offset{4});
}

}  // namespace
}  // namespace paytick::aggregator
