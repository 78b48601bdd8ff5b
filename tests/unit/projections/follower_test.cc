#include <gtest/gtest.h>

#include <set>

#include "billed_log.h"
#include "projections/memory_database.h"
#include "projections/worker.h"

namespace paytick::projections {
namespace {

using aggregator::kPartition;

// Everything, in steps of about `bytes`; errors that ask for it are answered as WorkerThread does.
void project(log::EventLog& log, Database& database, std::size_t bytes) {
  aggregator::CountingRandom random;
  ProjectionWorker worker({.partitions = {kPartition}, .step_bytes_max = bytes, .bounds = {}}, log, database,
                          random);
  bool started = false;
  for (int i = 0; i < 100'000; ++i) {
    if (!started) {
      started = worker.start().has_value();
      continue;
    }
    const auto more = worker.step();
    if (!more) {
      ASSERT_NE(more.error().next, Next::fatal) << more.error().code << ": " << more.error().message;
      started = more.error().next == Next::retry;
      continue;
    }
    if (!*more) return;
  }
  FAIL() << "the projection does not come to an end";
}

void expect_same(const MemoryDatabase& a, const MemoryDatabase& b) {
  ASSERT_EQ(a.sums().size(), b.sums().size());
  for (const auto& [key, sum] : a.sums()) {
    const auto& other = b.sums().at(key);
    EXPECT_EQ(std::tuple(sum.charged, sum.due, sum.paid), std::tuple(other.charged, other.due, other.paid));
  }
  ASSERT_EQ(a.sessions().size(), b.sessions().size());
  for (const auto& [key, session] : a.sessions()) {
    const auto& other = b.sessions().at(key);
    EXPECT_EQ(std::tuple(session.ticks, session.price, session.closed),
              std::tuple(other.ticks, other.price, other.closed));
  }
  ASSERT_EQ(a.notices().size(), b.notices().size());
  for (std::size_t i = 0; i < a.notices().size(); ++i) EXPECT_EQ(a.notices()[i].id, b.notices()[i].id);
  const auto creator = aggregator::named<CreatorId>("creator");
  EXPECT_EQ(a.earned(creator), b.earned(creator));
  EXPECT_EQ(a.minute_ticks(creator), b.minute_ticks(creator));
}

TEST(Follower, WhatWasSkippedIsNotPaid) {
  BilledLog billed;
  billed.pay(10'000);
  billed.skip(20'000);
  MemoryDatabase database;
  project(billed.log(), database, 1 << 30);
  EXPECT_EQ(database.sums().at({kPartition, SumId{0}}).paid, 10'000);
}

TEST(Follower, OneStepAndManyGiveTheSameTables) {
  BilledLog billed;
  billed.pay(10'000);
  MemoryDatabase whole, pieces;
  project(billed.log(), whole, 1 << 30);
  project(billed.log(), pieces, 1);
  expect_same(whole, pieces);
  ASSERT_EQ(whole.sessions().size(), 2U);
  std::int64_t ticks = 0;
  for (const auto& [key, session] : whole.sessions()) ticks += session.ticks;
  EXPECT_EQ(whole.minute_ticks(aggregator::named<CreatorId>("creator")), ticks);
  EXPECT_GT(ticks, 50);
  EXPECT_EQ(whole.sums().begin()->second.paid, 10'000);
  std::set<RowId> told;
  for (const NoticeRow& notice : whole.notices()) told.insert(notice.id);
  EXPECT_EQ(told.size(), whole.notices().size());
  EXPECT_GE(told.size(), 1U);
}

TEST(Follower, GoesOnFromWhatTheTablesHold) {
  BilledLog billed;
  MemoryDatabase live, fresh;
  project(billed.log(), live, 2'000);
  billed.world.append_story(20, 40);
  billed.fold();
  project(billed.log(), live, 2'000);
  project(billed.log(), fresh, 1 << 30);
  expect_same(live, fresh);
}

// Answers some writes with an error, after or before they happened.
class Unsure final : public Database {
 public:
  Unsure(Database& inner, unsigned seed) : inner_(inner), seed_(seed) {}
  Result<Writer> acquire(std::span<const PartitionId> partitions, const OwnerId& owner) override {
    return inner_.acquire(partitions, owner);
  }
  Result<LoadedPartition> load(PartitionId partition) override { return inner_.load(partition); }
  Result<void> write(const Writer& writer, const Changes& changes) override {
    seed_ = seed_ * 1'103'515'245U + 12'345U;
    switch ((seed_ >> 16) % 5) {
      case 0:
        (void)inner_.write(writer, changes);
        return fail("in_doubt", "lost the answer", Next::in_doubt);
      case 1:
        return fail("in_doubt", "lost the question", Next::in_doubt);
      case 2:
        return fail("database_away", "no connection", Next::retry);
      case 3:
        (void)inner_.write(writer, changes);
        return fail("database_away", "lost the answer", Next::retry);
      default:
        return inner_.write(writer, changes);
    }
  }

 private:
  Database& inner_;
  unsigned seed_;
};

TEST(Follower, AnswersThatAreLostChangeNothing) {
  BilledLog billed;
  billed.pay(20'000);
  MemoryDatabase truth;
  project(billed.log(), truth, 1 << 30);
  for (unsigned seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    MemoryDatabase tables;
    Unsure unsure(tables, seed);
    project(billed.log(), unsure, 500);
    expect_same(tables, truth);
  }
}

TEST(Follower, ASecondWriterFencesTheFirst) {
  BilledLog billed;
  MemoryDatabase tables, truth;
  aggregator::CountingRandom random;
  const WorkerConfig config{.partitions = {kPartition}, .step_bytes_max = 500, .bounds = {}};
  ProjectionWorker first(config, billed.log(), tables, random), second(config, billed.log(), tables, random);
  ASSERT_TRUE(first.start());
  ASSERT_TRUE(first.step());
  ASSERT_TRUE(second.start());
  ASSERT_TRUE(second.step());
  const auto refused = first.step();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "writer_fenced");
  EXPECT_EQ(refused.error().next, Next::abort);
  while (second.step().value_or(false)) {
  }
  project(billed.log(), truth, 1 << 30);
  expect_same(tables, truth);
}

TEST(Follower, TablesOfAnotherLogAreNotTouched) {
  BilledLog billed;
  MemoryDatabase tables;
  project(billed.log(), tables, 1 << 30);
  log::MemoryLog shorter({.partitions = 1, .bytes_max = 0, .wait_blocks = false});
  aggregator::CountingRandom random;
  ProjectionWorker worker({.partitions = {kPartition}, .step_bytes_max = 1 << 20, .bounds = {}}, shorter,
                          tables, random);
  ASSERT_TRUE(worker.start());
  EXPECT_EQ(worker.step().error().code, "database_ahead");
}

TEST(Follower, StopsAtABound) {
  BilledLog billed;
  aggregator::CountingRandom random;
  MemoryDatabase tables;
  Bound bound;
  bound.ticks = Offset{3};
  ProjectionWorker worker({.partitions = {kPartition}, .step_bytes_max = 1 << 20, .bounds = {bound}},
                          billed.log(), tables, random);
  ASSERT_TRUE(worker.start());
  while (worker.step().value_or(false)) {
  }
  EXPECT_EQ(worker.position(kPartition, Source::ticks).next, Offset{3});
}

TEST(Follower, GarbageOnTheLogNamesItsPlace) {
  BilledLog billed;
  const log::NewRecord garbage{aggregator::kTicks, TimeMs{1}, {}, "{\"type\":\"tick\"}\n"};
  ASSERT_TRUE(billed.log().append(std::span(&garbage, 1)));
  MemoryDatabase tables;
  aggregator::CountingRandom random;
  ProjectionWorker worker({.partitions = {kPartition}, .step_bytes_max = 1 << 30, .bounds = {}}, billed.log(),
                          tables, random);
  ASSERT_TRUE(worker.start());
  const auto done = worker.step();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().next, Next::fatal);
  const auto end = billed.log().range(aggregator::kTicks)->end;
  EXPECT_NE(done.error().message.find("ticks 0 at " + std::to_string(static_cast<std::int64_t>(end) - 1)),
            std::string::npos)
      << done.error().message;
}

}  // namespace
}  // namespace paytick::projections
