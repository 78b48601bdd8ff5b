// What every engine of the EventLog port must hold. Engines are listed in engines.cc.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engines.h"
#include "model/codec.h"

namespace paytick::log::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr TopicPartition kInputs{Topic::heartbeats, PartitionId{1}};
constexpr TopicPartition kTicks{Topic::ticks, PartitionId{1}};
constexpr TopicPartition kCatalog{Topic::catalog, PartitionId{0}};
constexpr milliseconds kPatience{10'000};  // no test waits as long unless it fails

NewRecord record(TopicPartition to, std::string value, std::string key = {}) {
  return {to, TimeMs{1'700'000'000'000}, std::move(key), std::move(value)};
}

std::int64_t number(Offset offset) { return static_cast<std::int64_t>(offset); }

using Strings = std::vector<std::string>;

class Conformance : public ::testing::TestWithParam<EngineKind> {
 protected:
  void open(EngineOptions options = {}) { engine_ = GetParam().open(options); }
  void SetUp() override { open(); }
  EventLog& log() { return engine_->log(); }

  Offset append(NewRecord r) {
    const auto done = log().append(std::span(&r, 1));
    EXPECT_TRUE(done) << done.error().message;
    return done && done->size() == 1 ? done->front() : Offset{-1};
  }
  std::vector<Record> read_all(TopicPartition tp, Offset from = {}) {
    std::vector<Record> all;
    for (;;) {
      auto some = log().read(tp, from, 1 << 20);
      EXPECT_TRUE(some) << some.error().message;
      if (!some || some->empty()) return all;
      from = Offset{number(some->back().offset) + 1};
      for (Record& r : *some) all.push_back(std::move(r));
    }
  }
  std::vector<std::string> values(TopicPartition tp, Offset from = {}) {
    std::vector<std::string> out;
    for (const Record& r : read_all(tp, from)) out.push_back(r.value);
    return out;
  }
  // The topic `catalog` holds what is newest, and may hold still what is not.
  void expect_compacted(Strings superseded, const Strings& newest) {
    superseded.insert(superseded.end(), newest.begin(), newest.end());
    EXPECT_THAT(values(kCatalog), ::testing::AnyOf(newest, superseded));
  }
  // Nothing can be read at or after `from`.
  void expect_nothing(TopicPartition tp, Offset from = {}) { EXPECT_EQ(values(tp, from), Strings{}); }
  std::optional<Offset> position(Role role, PartitionId partition) {
    const auto got = log().position(role, partition);
    EXPECT_TRUE(got) << got.error().message;
    return got.value_or(Offset{-1});
  }
  EventLog::Range range(TopicPartition tp) {
    const auto got = log().range(tp);
    EXPECT_TRUE(got);
    return got.value_or(EventLog::Range{});
  }

  std::unique_ptr<Engine> engine_;
};

TEST_P(Conformance, RecordsOfAPartitionKeepTheirOrderAndFields) {
  for (int i = 0; i < 300; ++i) {  // past one byte of the offset: keys must sort as numbers
    const NewRecord r{kInputs, TimeMs{i + 1}, "viewer" + std::to_string(i % 3), "line " + std::to_string(i)};
    EXPECT_EQ(number(append(r)), i);
  }
  const auto got = read_all(kInputs);
  ASSERT_EQ(got.size(), 300U);
  for (int i = 0; i < 300; ++i) {
    const Record& r = got[static_cast<std::size_t>(i)];
    EXPECT_EQ(number(r.offset), i);
    EXPECT_EQ(r.append_time.ms, i + 1);
    EXPECT_EQ(r.key, "viewer" + std::to_string(i % 3));
    EXPECT_EQ(r.value, "line " + std::to_string(i));
  }
}

TEST_P(Conformance, PartitionsAndTopicsDoNotMix) {
  append(record(kInputs, "a"));
  append(record(kTicks, "b"));
  append(record({Topic::heartbeats, PartitionId{2}}, "c"));
  EXPECT_EQ(values(kInputs), Strings{"a"});
  EXPECT_EQ(values(kTicks), Strings{"b"});
  EXPECT_EQ(values({Topic::heartbeats, PartitionId{2}}), Strings{"c"});
  EXPECT_EQ(values({Topic::heartbeats, PartitionId{0}}), Strings{});
}

TEST_P(Conformance, OneAppendGivesAnOffsetForEachRecordInOrder) {
  append(record(kInputs, "x"));
  const std::vector<NewRecord> batch{record(kInputs, "a"), record(kTicks, "b"), record(kInputs, "c")};
  const auto offsets = log().append(batch);
  ASSERT_TRUE(offsets);
  EXPECT_EQ(*offsets, (std::vector<Offset>{Offset{1}, Offset{0}, Offset{2}}));
}

TEST_P(Conformance, BytesOfAnyKindComeBack) {
  std::string value;
  for (int i = 0; i < 1024; ++i) value.push_back(static_cast<char>(i * 7));
  append(record(kInputs, value, std::string("\0\xff\n", 3)));
  append(record(kInputs, ""));
  const auto got = read_all(kInputs);
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].value, value);
  EXPECT_EQ(got[0].key, std::string("\0\xff\n", 3));
  EXPECT_EQ(got[1].value, "");
}

TEST_P(Conformance, ReadsFromAnyOffset) {
  for (int i = 0; i < 20; ++i) append(record(kInputs, std::to_string(i)));
  EXPECT_EQ(values(kInputs, Offset{17}), (Strings{"17", "18", "19"}));
  EXPECT_EQ(values(kInputs, Offset{20}), Strings{});
  const auto beyond = log().read(kInputs, Offset{21}, 1000);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, "out_of_range");
  EXPECT_EQ(log().read(kInputs, Offset{-1}, 1000).error().code, "out_of_range");
}

TEST_P(Conformance, AReadIsBoundedButNeverEmptyWhenThereIsMore) {
  for (int i = 0; i < 10; ++i) append(record(kInputs, std::string(10'000, 'x')));
  EXPECT_EQ(log().read(kInputs, Offset{0}, 1)->size(), 1U);
  const auto some = log().read(kInputs, Offset{2}, 35'000);
  ASSERT_TRUE(some);
  EXPECT_GE(some->size(), 1U);
  EXPECT_LE(some->size(), 4U);
}

TEST_P(Conformance, RecordsAndPositionOfAStepStandTogether) {
  const auto lease = log().acquire(Role::aggregator, PartitionId{1});
  ASSERT_TRUE(lease) << lease.error().message;
  EXPECT_EQ(lease->epoch, Epoch{1});
  EXPECT_EQ(position(Role::aggregator, PartitionId{1}), std::nullopt);
  const auto offsets = log().commit({*lease, {record(kTicks, "t0"), record(kTicks, "t1")}, Offset{7}});
  ASSERT_TRUE(offsets);
  EXPECT_EQ(*offsets, (std::vector<Offset>{Offset{0}, Offset{1}}));
  EXPECT_GT(range(kTicks).end, Offset{1});
  EXPECT_EQ(position(Role::aggregator, PartitionId{1}), Offset{7});
  ASSERT_TRUE(log().commit({*lease, {}, Offset{9}}));
  ASSERT_TRUE(log().commit({*lease, {record(kTicks, "t2")}, std::nullopt}));
  engine_->restart();
  EXPECT_EQ(position(Role::aggregator, PartitionId{1}), Offset{9});
  EXPECT_EQ(position(Role::settler, PartitionId{1}), std::nullopt);
  EXPECT_EQ(position(Role::aggregator, PartitionId{0}), std::nullopt);
  EXPECT_EQ(values(kTicks), (Strings{"t0", "t1", "t2"}));
}

TEST_P(Conformance, ASecondOwnerFencesTheFirst) {
  const auto first = log().acquire(Role::aggregator, PartitionId{1});
  const auto other_role = log().acquire(Role::settler, PartitionId{1});
  const auto other_partition = log().acquire(Role::aggregator, PartitionId{2});
  const auto second = log().acquire(Role::aggregator, PartitionId{1});
  ASSERT_TRUE(first && second && other_role && other_partition);
  EXPECT_GT(second->epoch, first->epoch);

  const auto refused = log().commit({*first, {record(kTicks, "late")}, Offset{5}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "fenced");
  EXPECT_EQ(refused.error().next, Next::abort);
  EXPECT_EQ(values(kTicks), Strings{});
  EXPECT_EQ(position(Role::aggregator, PartitionId{1}), std::nullopt);

  EXPECT_TRUE(log().commit({*second, {record(kTicks, "mine")}, Offset{5}}));
  EXPECT_TRUE(log().commit({*other_role, {}, Offset{1}}));
  EXPECT_TRUE(log().commit({*other_partition, {}, Offset{1}}));
}

TEST_P(Conformance, EpochsOutliveARestart) {
  const auto first = log().acquire(Role::settler, PartitionId{3});
  engine_->restart();
  const auto second = log().acquire(Role::settler, PartitionId{3});
  ASSERT_TRUE(first && second);
  EXPECT_GT(second->epoch, first->epoch);
  EXPECT_EQ(log().commit({*first, {}, Offset{1}}).error().code, "fenced");
}

TEST_P(Conformance, AnEpochNeverTakenIsRefused) {
  const auto refused = log().commit({{Role::bridge, PartitionId{0}, Epoch{1}}, {}, Offset{1}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "fenced");
}

TEST_P(Conformance, ARefusedStepLeavesNothing) {
  const auto lease = log().acquire(Role::aggregator, PartitionId{1});
  ASSERT_TRUE(lease) << lease.error().message;
  const std::string big(codec::kRecordBytesMax + 1, 'x');
  const auto refused = log().commit({*lease, {record(kTicks, "small"), record(kTicks, big)}, Offset{3}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "too_large");
  EXPECT_EQ(refused.error().next, Next::refused);
  expect_nothing(kTicks);
  EXPECT_EQ(position(Role::aggregator, PartitionId{1}), std::nullopt);
  engine_->restart();
  expect_nothing(kTicks);
}

TEST_P(Conformance, TakesTheLargestRecordAndRefusesMore) {
  const std::string largest(codec::kRecordBytesMax, 'x');
  append(record(kInputs, largest));
  EXPECT_EQ(values(kInputs), Strings{largest});
  const NewRecord larger = record(kInputs, largest + "x");
  EXPECT_EQ(log().append(std::span(&larger, 1)).error().code, "too_large");
  const std::vector<NewRecord> many(kStepBytesMax / codec::kRecordBytesMax + 1, record(kInputs, largest));
  EXPECT_EQ(log().append(many).error().code, "too_large");
  EXPECT_EQ(range(kInputs).end, Offset{1});
}

TEST_P(Conformance, WrongPartitionsTopicsAndKeysAreRefused) {
  const NewRecord nowhere = record({Topic::heartbeats, PartitionId{4}}, "x");
  EXPECT_EQ(log().append(std::span(&nowhere, 1)).error().code, "bad_partition");
  const NewRecord no_topic = record({static_cast<Topic>(0), PartitionId{0}}, "x");
  EXPECT_EQ(log().append(std::span(&no_topic, 1)).error().code, "bad_partition");
  const NewRecord no_key = record(kCatalog, "x");
  EXPECT_EQ(log().append(std::span(&no_key, 1)).error().code, "missing_key");
  EXPECT_EQ(log().read({Topic::ticks, PartitionId{9}}, Offset{0}, 1).error().code, "bad_partition");
  EXPECT_EQ(log().acquire(Role::bridge, PartitionId{9}).error().code, "bad_partition");
  EXPECT_FALSE(log().wait({Topic::ticks, PartitionId{9}}, Offset{0}, milliseconds{0}));
  EXPECT_TRUE(log().append({}));
}

TEST_P(Conformance, RetentionForgetsWhatIsBelow) {
  for (int i = 0; i < 10; ++i) append(record(kInputs, std::to_string(i)));
  append(record({Topic::heartbeats, PartitionId{2}}, "other"));
  ASSERT_TRUE(log().trim(kInputs, Offset{6}));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(range(kInputs).begin, Offset{6});
    EXPECT_EQ(range(kInputs).end, Offset{10});
    EXPECT_EQ(log().read(kInputs, Offset{5}, 100).error().code, "out_of_range");
    EXPECT_EQ(values(kInputs, Offset{6}), (Strings{"6", "7", "8", "9"}));
    EXPECT_EQ(values({Topic::heartbeats, PartitionId{2}}), Strings{"other"});
    engine_->restart();
  }
  ASSERT_TRUE(log().trim(kInputs, Offset{3}));  // never goes back
  EXPECT_EQ(range(kInputs).begin, Offset{6});
  ASSERT_TRUE(log().trim(kInputs, Offset{1'000}));  // everything: the end stays
  EXPECT_EQ(range(kInputs).begin, Offset{10});
  engine_->restart();
  EXPECT_EQ(range(kInputs).end, Offset{10});
  EXPECT_EQ(number(append(record(kInputs, "next"))), 10);
  EXPECT_EQ(values(kInputs, Offset{10}), Strings{"next"});
}

TEST_P(Conformance, ACompactedTopicKeepsTheNewestOfEachKey) {
  append(record(kCatalog, "a1", "a"));
  append(record(kCatalog, "b1", "b"));
  const std::vector<NewRecord> twice{record(kCatalog, "a2", "a"), record(kCatalog, "a3", "a")};
  ASSERT_TRUE(log().append(twice));
  append(record(kCatalog, "", "b"));
  for (int round = 0; round < 2; ++round) {
    expect_compacted(Strings{"a1", "b1", "a2"},
                     Strings{"a3", ""});  // a reader that follows sees the deletion
    EXPECT_EQ(range(kCatalog).begin, Offset{0});
    EXPECT_EQ(range(kCatalog).end, Offset{5});
    const auto a = log().latest(kCatalog, "a");
    ASSERT_TRUE(a && *a);
    EXPECT_EQ((*a)->value, "a3");
    EXPECT_EQ((*a)->offset, Offset{3});
    EXPECT_EQ(*log().latest(kCatalog, "b"), std::nullopt);
    EXPECT_EQ(*log().latest(kCatalog, "c"), std::nullopt);
    EXPECT_EQ(*log().latest({Topic::catalog, PartitionId{1}}, "a"), std::nullopt);
    EXPECT_EQ(*log().latest({Topic::snapshots, PartitionId{0}}, "a"), std::nullopt);
    engine_->restart();
  }
  ASSERT_TRUE(log().trim(kCatalog, Offset{5}));  // compacted topics are never trimmed
  expect_compacted(Strings{"a1", "b1", "a2"}, Strings{"a3", ""});
  append(record(kCatalog, "b2", "b"));
  EXPECT_EQ((*log().latest(kCatalog, "b"))->value, "b2");
  EXPECT_EQ(values(kCatalog, Offset{5}), Strings{"b2"});
}

TEST_P(Conformance, AcknowledgedRecordsOutliveARestart) {
  for (int i = 0; i < 50; ++i) append(record(kInputs, std::to_string(i)));
  engine_->restart();
  EXPECT_EQ(values(kInputs).size(), 50U);
  EXPECT_EQ(number(append(record(kInputs, "on"))), 50);
  engine_->restart();
  EXPECT_EQ(values(kInputs).size(), 51U);
}

TEST_P(Conformance, AWaiterWakesWhenARecordComesAndNotBefore) {
  EXPECT_FALSE(log().wait(kInputs, Offset{0}, milliseconds{1}));
  append(record({Topic::heartbeats, PartitionId{0}}, "elsewhere"));
  EXPECT_FALSE(log().wait(kInputs, Offset{0}, milliseconds{1}));
  for (int i = 0; i < 100; ++i) {
    std::jthread writer([&] { append(record(kInputs, "x")); });
    ASSERT_TRUE(log().wait(kInputs, Offset{i}, kPatience));
    ASSERT_EQ(log().read(kInputs, Offset{i}, 100)->size(), 1U);
  }
  EXPECT_TRUE(log().wait(kInputs, Offset{99}, milliseconds{0}));
}

TEST_P(Conformance, InterruptWakesWaiters) {
  std::atomic<bool> returned = false;
  std::jthread waiter([&] {
    EXPECT_FALSE(log().wait(kInputs, Offset{0}, kPatience));
    returned = true;
  });
  const auto start = steady_clock::now();
  while (!returned) {
    log().interrupt();
    std::this_thread::yield();
  }
  EXPECT_LT(steady_clock::now() - start, kPatience / 2);
}

TEST_P(Conformance, ConcurrentWritersAndAReaderThatFollows) {
  constexpr int kWriters = 8;
  constexpr int kEach = 100;
  const auto lease = log().acquire(Role::aggregator, PartitionId{1});
  ASSERT_TRUE(lease) << lease.error().message;
  std::map<std::int64_t, std::string> acknowledged;
  std::mutex mutex;
  std::vector<std::jthread> writers;
  for (int w = 0; w < kWriters; ++w)
    writers.emplace_back([&, w] {
      for (int i = 0; i < kEach; ++i) {
        const std::string value = std::to_string(w) + ":" + std::to_string(i);
        const std::vector<NewRecord> pair{record(kInputs, value + "a"), record(kInputs, value + "b")};
        const auto done = w == 0 ? log().commit({*lease, pair, Offset{i}}) : log().append(pair);
        ASSERT_TRUE(done) << done.error().message;
        ASSERT_LT(number(done->at(0)), number(done->at(1)));
        const std::lock_guard lock(mutex);
        acknowledged[number(done->at(0))] = value + "a";
        acknowledged[number(done->at(1))] = value + "b";
      }
    });
  std::vector<Record> seen;
  Offset next{};
  while (seen.size() < 2UL * kWriters * kEach) {
    ASSERT_TRUE(log().wait(kInputs, next, kPatience));
    auto some = log().read(kInputs, next, 1'000);
    ASSERT_TRUE(some) << some.error().message;
    for (Record& r : *some) {
      ASSERT_GE(r.offset, next);  // nothing twice
      next = Offset{number(r.offset) + 1};
      seen.push_back(std::move(r));
    }
  }
  writers.clear();
  std::map<std::string, int> expected;
  for (const Record& r : seen) {
    EXPECT_EQ(r.value, acknowledged[number(r.offset)]);  // nothing is missing: there are as many
    const auto colon = r.value.find(':');                // each writer's own order holds
    int& i = expected[r.value.substr(0, colon)];
    EXPECT_EQ(r.value.substr(colon + 1), std::to_string(i / 2) + (i % 2 == 0 ? "a" : "b"));
    ++i;
  }
  EXPECT_EQ(acknowledged.size(), seen.size());
}

TEST_P(Conformance, LeasesAreExactUnderContention) {
  std::vector<std::jthread> threads;
  std::mutex mutex;
  std::set<Epoch> epochs;
  const int each = GetParam().slow_leases ? 4 : 25;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < each; ++i) {
        const auto lease = log().acquire(Role::settler, PartitionId{0});
        ASSERT_TRUE(lease) << lease.error().message;
        const auto done = log().commit(
            {*lease, {record(kTicks, std::to_string(static_cast<std::uint64_t>(lease->epoch)))}, {}});
        if (!done) {
          EXPECT_EQ(done.error().code, "fenced");
        }
        const std::lock_guard lock(mutex);
        EXPECT_TRUE(epochs.insert(lease->epoch).second);
      }
    });
  threads.clear();
  std::uint64_t last = 0;
  for (const std::string& epoch : values(kTicks)) {  // whoever wrote held the newest lease then
    EXPECT_GT(std::stoull(epoch), last);
    last = std::stoull(epoch);
  }
}

TEST_P(Conformance, AFullLogRefusesKeepsAReserveForStepsAndRecovers) {
  if (!GetParam().disk_limit) GTEST_SKIP() << "this engine has no size limit of its own";
  open({.partitions = 4, .bytes_max = 64 << 20});
  const auto lease = log().acquire(Role::aggregator, PartitionId{1});
  ASSERT_TRUE(lease) << lease.error().message;
  // Values that no compression makes smaller.
  std::uint64_t state = 88172645463325252U;
  const auto noise = [&](std::size_t bytes) {
    std::string out(bytes, '\0');
    for (char& c : out) {
      state ^= state << 13, state ^= state >> 7, state ^= state << 17;
      c = static_cast<char>(state);
    }
    return out;
  };
  std::int64_t taken = 0;
  Error full;
  for (; taken < 1'000; ++taken) {
    const NewRecord r = record(kInputs, noise(256 << 10));
    if (const auto done = log().append(std::span(&r, 1)); !done) {
      full = done.error();
      break;
    }
  }
  EXPECT_EQ(full.code, "log_full") << full.message;
  EXPECT_EQ(full.next, Next::retry);
  EXPECT_GE(taken, 64);  // at least a quarter of the limit is of use, however the engine stores
  EXPECT_GE(number(range(kInputs).end), taken);
  EXPECT_EQ(read_all(kInputs).size(), static_cast<std::size_t>(taken));

  const auto step = log().commit({*lease, {record(kTicks, noise(4'096))}, Offset{taken}});
  EXPECT_TRUE(step) << step.error().message;  // from the reserve

  ASSERT_TRUE(log().trim(kInputs, Offset{taken - 4}));
  const auto deadline = steady_clock::now() + kPatience;
  Result<std::vector<Offset>> again = std::vector<Offset>{};
  do {
    const NewRecord r = record(kInputs, noise(256 << 10));
    again = log().append(std::span(&r, 1));
  } while (!again && again.error().code == "log_full" && steady_clock::now() < deadline);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(number(again->front()), taken);
}

TEST_P(Conformance, MemoryStaysBoundedWhileTheLogGrows) {
  if (!GetParam().on_disk) GTEST_SKIP() << "this engine keeps everything in memory";
  const std::string value(256 << 10, 'v');
  const std::vector<NewRecord> batch(16, record(kInputs, value));
  for (int i = 0; i < 96; ++i) ASSERT_TRUE(log().append(batch));  // 384 MiB
  EXPECT_LT(engine_->memory_bytes(), 320UL << 20);
  std::size_t count = 0;
  for (Offset at{}; count < 96UL * 16;) {
    const auto some = log().read(kInputs, at, 4 << 20);
    ASSERT_TRUE(some && !some->empty());
    ASSERT_LE(some->size(), 17U);
    count += some->size();
    at = Offset{number(some->back().offset) + 1};
  }
  EXPECT_LT(engine_->memory_bytes(), 320UL << 20);
}

INSTANTIATE_TEST_SUITE_P(Engines, Conformance, ::testing::ValuesIn(engines()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace paytick::log::testing
