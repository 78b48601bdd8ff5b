// A WAL that a crash has torn is read up to there; one that is damaged in front of acknowledged records is
// refused, by the writer and by the reader, and left as it is.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "log/embedded/embedded_log.h"
#include "log/embedded/embedded_reader.h"
#include "temporary_folder.h"

namespace paytick::log::testing {
namespace {

constexpr TopicPartition kInputs{Topic::heartbeats, PartitionId{0}};

// A log of some records whose process is gone; all of it is in one WAL.
class Damage : public ::testing::Test {
 protected:
  void write(const std::vector<std::string>& values) {
    const auto log = EmbeddedLog::open({.folder = folder_.path}).value();
    for (const std::string& value : values) {
      const NewRecord record{kInputs, TimeMs{1}, {}, value};
      ASSERT_TRUE(log->append(std::span(&record, 1)));
    }
  }
  std::filesystem::path wal() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path))
      if (entry.path().extension() == ".log" && entry.file_size() > 0) return entry.path();
    ADD_FAILURE() << "no WAL";
    return {};
  }
  std::string bytes() const {
    std::ifstream in(wal(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void replace(const std::string& content) const {
    std::ofstream(wal(), std::ios::binary | std::ios::trunc) << content;
  }
  void expect_refused() {
    const std::string before = bytes();
    const auto log = EmbeddedLog::open({.folder = folder_.path});
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().code, "log_damaged");
    EXPECT_EQ(log.error().next, Next::fatal);
    EXPECT_NE(log.error().message.find(wal().filename()), std::string::npos) << log.error().message;
    EXPECT_EQ(EmbeddedReader::open(folder_.path).error().code, "log_damaged");
    EXPECT_EQ(bytes(), before);
  }
  std::int64_t records() {
    const auto log = EmbeddedLog::open({.folder = folder_.path});
    EXPECT_TRUE(log) << log.error().message;
    return log ? static_cast<std::int64_t>((*log)->range(kInputs)->end) : -1;
  }

  TemporaryFolder folder_;
};

TEST_F(Damage, InFrontOfAcknowledgedRecordsIsRefusedAndNothingIsChanged) {
  write({"first", "second", "third"});
  const std::string whole = bytes();
  std::string damaged = whole;
  damaged[whole.find("second")] ^= 1;
  replace(damaged);
  expect_refused();
  replace(whole);  // the copy is restored
  EXPECT_EQ(records(), 3);
}

TEST_F(Damage, OfALengthIsFoundAtTheNextBlock) {
  write({"first", std::string(40'000, 'x'), "third"});
  std::string damaged = bytes();
  // Record headers end with the type, right before the batch: 8 bytes of sequence number, 4 of count.
  const std::size_t first = damaged.find("first");
  std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(first) - 60, 60, '\xff');
  replace(damaged);
  expect_refused();
}

TEST_F(Damage, ABlockOfZerosInTheMiddleIsRefused) {
  write({std::string(100'000, 'a'), std::string(100'000, 'b'), "third"});
  std::string damaged = bytes();
  std::fill_n(damaged.begin() + (32 << 10), 32 << 10, '\0');
  replace(damaged);
  expect_refused();
}

TEST_F(Damage, AtTheEndIsWhatACrashHasTorn) {
  write({"first", "second", std::string(100'000, 'z')});
  const std::string whole = bytes();
  const std::size_t third = whole.find("zzz");
  for (const std::size_t size : {third, third + 1, third + 40'000, whole.size() - 1}) {
    const TemporaryFolder copy;
    std::filesystem::copy(folder_.path, copy.path, std::filesystem::copy_options::recursive);
    std::filesystem::resize_file(copy.path / wal().filename(), size);
    const auto log = EmbeddedLog::open({.folder = copy.path});
    ASSERT_TRUE(log) << size << ": " << log.error().message;
    EXPECT_EQ((*log)->range(kInputs)->end, Offset{2}) << size;
  }
  // A page that never reached the disk, in front of others of the same group that did.
  std::string torn = whole;
  std::fill_n(torn.begin() + static_cast<std::ptrdiff_t>(third) + 4'096, 4'096, '\0');
  replace(torn);
  EXPECT_EQ(records(), 2);
}

}  // namespace
}  // namespace paytick::log::testing
