// A state that cannot be: the worker stops the partition, loudly, before a line of it is written, or with the
// next snapshot. Nothing but a broken rule could bring it about, so a snapshot is forged.

#include <gtest/gtest.h>

#include <cstring>

#include "aggregator/snapshot_image.h"
#include "log/forwarding_log.h"
#include "world.h"

namespace paytick::aggregator {
namespace {

// The first sum of the state with other figures, its chunk sealed again.
std::string forge(const std::string& chunk, std::int64_t more_charged, std::int64_t more_due) {
  auto restored = Fold::restore({}, source_of({chunk}));
  if (!restored || restored->fold.sums().empty()) return chunk;
  const SumView sum = restored->fold.sums().at(0);
  if (sum.due == Amount(0)) return chunk;
  const std::int64_t before[] = {sum.charged.units(), sum.due.units()};
  const std::int64_t after[] = {before[0] + more_charged, before[1] + more_due};
  const std::string pattern(reinterpret_cast<const char*>(before), sizeof before);
  std::string body = chunk.substr(0, chunk.size() - 32);
  const auto at = body.find(pattern);
  EXPECT_NE(at, body.npos);
  body.replace(at, sizeof after, reinterpret_cast<const char*>(after), sizeof after);
  SnapshotImage image;
  image.append(body.data(), body.size());
  return image.all().front();
}

// Hands every snapshot on forged.
class ForgingLog final : public log::ForwardingLog {
 public:
  ForgingLog(log::EventLog& log, std::int64_t more_charged, std::int64_t more_due)
      : ForwardingLog(log), more_charged_(more_charged), more_due_(more_due) {}
  Result<std::vector<Offset>> commit(const log::Step& step) override {
    log::Step forged = step;
    for (log::NewRecord& r : forged.records)
      if (r.to.topic == log::Topic::snapshots && r.key != "newest")
        r.value = forge(r.value, more_charged_, more_due_);
    return ForwardingLog::commit(forged);
  }

 private:
  const std::int64_t more_charged_, more_due_;
};

class Guards : public testing::Test {
 protected:
  // The error that stops a worker that begins from the forged state.
  Error stopped_by(std::int64_t more_charged, std::int64_t more_due) {
    WorkerConfig config;
    config.snapshot_every_records = 1;
    world_.append_story(20);
    ForgingLog log(world_.log(), more_charged, more_due);
    const auto first = world_.worker_through(log, config);
    world_.run_to_end(*first);
    world_.append(19'900, {Clock{}});  // a step while no snapshot is being written: one is taken behind it
    world_.run_to_end(*first);
    before_ = world_.ticks_lines();
    world_.append_story(4, 20);
    const auto worker = world_.worker(config);
    for (int i = 0; i < 10'000; ++i) {
      const auto result = worker->step();
      if (!result) return result.error();
      if (*result == StepResult::idle) break;
    }
    return {};
  }
  World world_;
  std::string before_;
};

TEST_F(Guards, NothingIsWrittenOfAPurchaseThatLeavesMoreDueThanCharged) {
  const Error error = stopped_by(0, 1'000'000'000);
  EXPECT_EQ(error.code, "due_falls") << error.message;
  EXPECT_EQ(error.next, Next::fatal);
  EXPECT_NE(error.message.find("meter C"), std::string::npos) << error.message;
  EXPECT_EQ(world_.ticks_lines(), before_);
}

TEST_F(Guards, ASnapshotIsNotTakenOfSumsThatAreNotTheMeters) {
  const Error error = stopped_by(1, 0);
  EXPECT_EQ(error.code, "conservation") << error.message;
  EXPECT_EQ(error.next, Next::fatal);
}

TEST_F(Guards, AStateThatIsRightGoesOn) { EXPECT_EQ(stopped_by(0, 0).code, ""); }

}  // namespace
}  // namespace paytick::aggregator
