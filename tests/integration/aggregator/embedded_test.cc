// The worker over the durable engine: closed and opened again in the middle, with snapshots on the way.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "log/embedded/embedded_log.h"
#include "world.h"

namespace paytick::aggregator {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "paytick-worker-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path path;
};

void run_to_idle(PartitionWorker& worker) {
  for (int i = 0; i < 10'000; ++i) {
    const auto result = worker.step();
    ASSERT_TRUE(result) << result.error().code << ": " << result.error().message;
    if (*result == StepResult::idle) return;
  }
  FAIL() << "the worker does not come to an end";
}

TEST(EmbeddedWorker, GoesOnAfterEveryRestart) {
  World story;  // its memory log holds the inputs and the truth
  story.append_story(60);
  const auto inputs = story.log().read(kInputs, Offset{}, 1 << 24);
  ASSERT_TRUE(inputs);

  const Folder folder;
  CountingRandom random;
  KeepingSink replies;
  WorkerConfig config;
  config.step_bytes_max = 600;
  config.snapshot_every_records = 7;
  constexpr std::size_t kPart = 20;
  for (std::size_t from = 0; from < inputs->size(); from += kPart) {
    auto log = log::EmbeddedLog::open({.folder = folder.path, .partitions = 1, .env = nullptr});
    ASSERT_TRUE(log) << log.error().message;
    for (std::size_t i = from; i < std::min(from + kPart, inputs->size()); ++i) {
      const log::NewRecord record{kInputs, (*inputs)[i].append_time, {}, (*inputs)[i].value};
      ASSERT_TRUE((*log)->append(std::span(&record, 1)));
    }
    PartitionWorker worker(config, **log, random, replies);
    run_to_idle(worker);
    if (from != 0) {
      EXPECT_LT(worker.counters().replayed, kPart);
    }
    if (from + kPart < inputs->size()) continue;

    FrameReader reader;
    std::string lines;
    const auto ticks = (*log)->read(kTicks, Offset{}, 1 << 24);
    ASSERT_TRUE(ticks);
    for (const log::Record& record : *ticks) {
      const auto verdict = reader.read(record.value);
      ASSERT_TRUE(verdict) << verdict.error().message;
      if (*verdict == FrameVerdict::accept) lines += record.value.substr(record.value.find('\n') + 1);
    }
    EXPECT_EQ(lines, story.true_lines());
    EXPECT_EQ(*(*log)->position(log::Role::aggregator, kPartition), story.log().range(kInputs)->end);
  }
}

}  // namespace
}  // namespace paytick::aggregator
