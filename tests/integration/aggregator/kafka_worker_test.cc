// The worker over a real broker, with what can happen to a transaction: its outcome unknown, its end late,
// another owner in between, the broker killed. Whatever happens, `ticks` says what an undisturbed fold says.

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>

#include "log/kafka/kafka_log.h"
#include "log/kafka/topic_admin.h"
#include "support/kafka_broker.h"
#include "world.h"

namespace paytick::aggregator {
namespace {

using paytick::testing::KafkaApi;
using paytick::testing::KafkaBroker;
using std::chrono::milliseconds;

constexpr int kSeconds = 12;  // of a story: a few dozen inputs

// One broker with a proxy before it.
KafkaBroker& broker() {
  static KafkaBroker one(KafkaBroker::Options{.proxied = true});
  return one;
}

class KafkaWorker : public ::testing::Test {
 protected:
  KafkaWorker() {
    settings_.bootstrap = broker().bootstrap();
    settings_.prefix = broker().fresh_name();
    settings_.topics.partitions = settings_.topics.replication = settings_.topics.min_insync = 1;
    const auto made = log::apply_topics(settings_);
    if (!made) throw std::runtime_error(made.error().message);
  }
  std::unique_ptr<log::KafkaLog> open(bool proxied = false) {
    log::KafkaSettings settings = settings_;
    if (proxied) settings.bootstrap = broker().proxied_bootstrap();
    auto opened = log::KafkaLog::open(settings);
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }
  // Errors that ask for it are answered by going on; true when there is nothing left to fold.
  static bool step(PartitionWorker& worker) {
    const auto done = worker.step();
    if (done) return *done == StepResult::idle && worker.is_running();
    EXPECT_NE(done.error().next, Next::fatal) << done.error().code << ": " << done.error().message;
    return done.error().next == Next::fatal;
  }
  // Until what must come has come. A step in between may find nothing to fold: what is on the log is still on
  // its way.
  static bool step_until(PartitionWorker& worker, const std::function<bool()>& come) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!come() && !HasFailure() && std::chrono::steady_clock::now() < deadline) step(worker);
    return come();
  }

  log::KafkaSettings settings_;
};

TEST_F(KafkaWorker, FoldsAndGoesOnWhereTheLastOneEnded) {
  const auto log = open();
  World world(*log);
  world.append_story(kSeconds);
  world.run_to_end(*world.worker());
  world.expect_truth();
  world.append_story(kSeconds, kSeconds);
  const auto worker = world.worker();
  world.run_to_end(*worker);
  world.expect_truth();
  EXPECT_GT(worker->counters().replayed, 0U);
  EXPECT_EQ(worker->counters().positions_apart, 0U);
}

TEST_F(KafkaWorker, GoesOnFromASnapshot) {
  const auto log = open();
  World world(*log);
  WorkerConfig config;
  config.snapshot_every_records = 5;
  world.append_story(kSeconds);
  world.run_to_end(*world.worker(config));
  world.append_story(kSeconds, kSeconds);
  const auto worker = world.worker(config);
  world.run_to_end(*worker);
  world.expect_truth();
  EXPECT_LT(worker->counters().replayed, 10U);
}

// The connection breaks at each kind of request that makes up a transaction, before it has reached the broker
// or in place of its answer.
TEST_F(KafkaWorker, LosesAndDoublesNothingWhereverAConnectionBreaks) {
  const auto log = open(true);
  World world(*log);
  auto& proxy = broker().proxy();
  const auto worker = world.worker();
  int from = 0;
  for (const KafkaApi api : {KafkaApi::produce, KafkaApi::add_partitions_to_txn, KafkaApi::add_offsets_to_txn,
                             KafkaApi::txn_offset_commit, KafkaApi::end_txn, KafkaApi::fetch})
    for (const bool before : {true, false}) {
      SCOPED_TRACE(::testing::Message()
                   << "API " << static_cast<int>(api) << (before ? " before" : " after"));
      world.append_story(2, std::exchange(from, from + 2));
      before ? proxy.cut_before(api) : proxy.cut_after(api);
      world.run_to_end(*worker);
    }
  world.expect_truth();
}

// The end of a transaction is asked for, and not answered in time: the worker takes the partition anew. The
// old request reaches the broker when the new owner has begun its next transaction.
TEST_F(KafkaWorker, ALateEndOfATransactionHarmsNobody) {
  const auto direct = open();
  World world(*direct);
  // Given up soon, so that the test need not wait for long.
  settings_.request_timeout = milliseconds(2'000);
  settings_.transaction_timeout = milliseconds(4'000);
  const auto log = open(true);
  auto& proxy = broker().proxy();
  world.append_story(kSeconds);
  const auto worker = world.worker_through(*log);
  while (!worker->is_running()) ASSERT_FALSE(step(*worker));
  for (int round = 0; round < 3; ++round) {
    proxy.hold_next(KafkaApi::end_txn);
    const auto doubts = log->counters().in_doubt;
    ASSERT_TRUE(step_until(*worker, [&] { return log->counters().in_doubt != doubts; }));
    // The new owner is at another point of its work each time: not begun, restoring, folding.
    for (int i = 0; i < 4 * round; ++i) step(*worker);
    ASSERT_TRUE(proxy.release());
    world.append_story(2, kSeconds + 2 * round);
  }
  ASSERT_TRUE(log->range(kInputs));  // what another process has written
  world.run_to_end(*worker);
  world.expect_truth();
  EXPECT_GE(log->counters().in_doubt, 3U);
}

// The position of a transaction that was given up reaches the broker after all. It hangs there until the
// producer's next transaction; whoever takes the partition must not wait for it.
TEST_F(KafkaWorker, ALatePositionHarmsNobody) {
  const auto direct = open();
  World world(*direct);
  settings_.request_timeout = milliseconds(2'000);
  settings_.transaction_timeout = milliseconds(4'000);
  auto& proxy = broker().proxy();
  world.append_story(kSeconds);
  for (int round = 0; round < 2; ++round) {
    const auto log = open(true);
    const auto worker = world.worker_through(*log);
    while (!worker->is_running()) ASSERT_FALSE(step(*worker));
    ASSERT_TRUE(log->range(kInputs));  // what another process has written
    proxy.hold_next(KafkaApi::txn_offset_commit);
    const auto failures = [&] { return log->counters().aborted + log->counters().in_doubt; };
    ASSERT_TRUE(step_until(*worker, [&] { return failures() != 0; }));
    proxy.release();
    world.append_story(4, kSeconds + 4 * round);
  }
  world.run_to_end(*world.worker());
  world.expect_truth();
}

// Two processes that both believe the partition to be theirs.
TEST_F(KafkaWorker, OfTwoOwnersOneWritesAtATime) {
  const auto one = open();
  const auto other = open();
  World world(*one);
  world.append_story(kSeconds);
  const auto a = world.worker_through(*one);
  const auto b = world.worker_through(*other);
  for (int round = 0; round < 6; ++round) {
    PartitionWorker& turn = round % 2 == 0 ? *a : *b;
    // As far as to its first steps of folding, so that each is fenced in another state.
    const std::uint64_t commits = turn.counters().commits;
    for (int i = 0; i < 200 && turn.counters().commits < commits + static_cast<std::uint64_t>(round); ++i)
      if (step(turn)) break;
  }
  world.run_to_end(*a);
  world.expect_truth();
  EXPECT_GT(one->counters().fenced + other->counters().fenced, 0U);
}

TEST_F(KafkaWorker, GoesOnWhenTheBrokerIsBack) {
  settings_.request_timeout = milliseconds(3'000);
  const auto log = open();
  World world(*log);
  world.append_story(kSeconds);
  const auto worker = world.worker();
  int next = kSeconds;
  for (int kills = 0; kills < 2; ++kills) {
    for (int i = 0; i < 4 - kills; ++i) step(*worker);
    broker().kill();
    bool failed = false;
    for (int i = 0; i < 50 && !failed; ++i) failed = !worker->step();
    EXPECT_TRUE(failed);
    broker().start();
    world.run_to_end(*worker);
    world.append_story(kSeconds, next);
    next += kSeconds;
  }
  world.run_to_end(*worker);
  world.expect_truth();
}

}  // namespace
}  // namespace paytick::aggregator
