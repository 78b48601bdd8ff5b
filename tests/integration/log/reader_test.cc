// The read-only view beside a writer.

#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "log/embedded/embedded_log.h"
#include "log/embedded/embedded_reader.h"
#include "temporary_folder.h"

namespace paytick::log::testing {
namespace {

constexpr TopicPartition kTicks{Topic::ticks, PartitionId{1}};

std::string noise(std::size_t bytes, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string out(bytes, '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

void append(EventLog& log, TopicPartition to, std::string value, std::string key = {}) {
  const NewRecord record{to, TimeMs{1}, std::move(key), std::move(value)};
  ASSERT_TRUE(log.append(std::span(&record, 1)));
}

std::vector<std::string> all(EventLog& log) {
  std::vector<std::string> out;
  const auto range = log.range(kTicks);
  if (!range) ADD_FAILURE() << range.error().message;
  for (Offset next = range->begin; next < range->end;) {
    auto records = log.read(kTicks, next, 1 << 20);
    if (!records || records->empty()) {
      ADD_FAILURE() << (records ? "an end before the end" : records.error().message);
      break;
    }
    for (Record& record : *records) {
      next = Offset{static_cast<std::int64_t>(record.offset) + 1};
      out.push_back(std::move(record.value));
    }
  }
  return out;
}

TEST(Reader, FollowsAWriterThroughFlushesAndTrims) {
  const TemporaryFolder folder;
  // A small log has small buffers: 24 MB are many flushes.
  const auto log = EmbeddedLog::open({.folder = folder.path, .bytes_max = 256 << 20}).value();
  append(*log, kTicks, "first");
  const auto reader = EmbeddedReader::open(folder.path);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->partitions(), 4U);
  EXPECT_EQ(all(**reader), std::vector<std::string>{"first"});
  for (std::uint64_t round = 0; round < 6; ++round) {
    for (std::uint64_t i = 0; i < 40; ++i) append(*log, kTicks, noise(100'000, round * 100 + i));
    append(*log, {Topic::catalog, PartitionId{0}}, std::to_string(round), "content");
    if (round == 3) {
      ASSERT_TRUE(log->trim(kTicks, Offset{50}));
    }
    // A view may be a moment old.
    const auto end = log->range(kTicks)->end;
    while ((*reader)->range(kTicks).value().end < end) std::this_thread::yield();
    EXPECT_EQ(all(**reader), all(*log)) << "round " << round;
    const auto newest = (*reader)->latest({Topic::catalog, PartitionId{0}}, "content");
    ASSERT_TRUE(newest && *newest);
    EXPECT_EQ((*newest)->value, std::to_string(round));
  }
}

TEST(Reader, NeedsNoWriter) {
  const TemporaryFolder folder;
  {
    const auto log = EmbeddedLog::open({.folder = folder.path}).value();
    append(*log, kTicks, "kept");
    const auto lease = log->acquire(Role::aggregator, PartitionId{1});
    ASSERT_TRUE(lease);
    ASSERT_TRUE(log->commit({*lease, {}, Offset{7}}));
  }
  const auto reader = EmbeddedReader::open(folder.path);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ(all(**reader), std::vector<std::string>{"kept"});
  EXPECT_EQ((*reader)->position(Role::aggregator, PartitionId{1}).value(), Offset{7});
}

TEST(Reader, RefusesToWriteAndSaysWhereNothingIs) {
  const TemporaryFolder folder;
  EXPECT_EQ(EmbeddedReader::open(folder.path).error().code, "log_missing");
  const auto log = EmbeddedLog::open({.folder = folder.path}).value();
  const auto reader = EmbeddedReader::open(folder.path).value();
  const NewRecord record{kTicks, TimeMs{1}, {}, "x"};
  EXPECT_EQ(reader->append(std::span(&record, 1)).error().code, "read_only");
  EXPECT_EQ(reader->acquire(Role::settler, PartitionId{0}).error().code, "read_only");
  EXPECT_EQ(reader->trim(kTicks, Offset{1}).error().code, "read_only");
}

}  // namespace
}  // namespace paytick::log::testing
