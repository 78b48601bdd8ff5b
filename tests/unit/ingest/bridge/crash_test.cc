// Whatever goes wrong at whichever write, and whoever takes over when: every line is forwarded once or put on
// record once.

#include <algorithm>
#include <functional>
#include <iterator>

#include "unit/ingest/bridge/bridge_fixture.h"

namespace paytick::ingest {
namespace {

class BridgeCrashTest : public BridgeTest {
 protected:
  BridgeCrashTest() : BridgeTest(2) {
    config_.snapshot_every_bytes = 2'000;
    config_.step_bytes_max = 2'000;  // many steps
    restart();
  }

  // What a platform writes in a while, some of it out of order or not to be taken.
  void write_moment(int n) {
    const TimeMs t = kBegin + n * 500;  // whenever it comes to be written
    const std::string session = "room" + std::to_string(n), name = "tab" + std::to_string(n);
    const std::string who(1, static_cast<char>('1' + n % 6));
    produce(0, World::ping(session, name, t) + "\n" + "garbage " + std::to_string(n));
    produce(1, world_.open(session, name, who, t) + "\n" + World::ping(session, name, t + 1));
    produce(0, World::ping("nobody's" + std::to_string(n), name, t));
    if (n >= 2) {
      const std::string before = std::to_string(n - 2);
      produce(0, World::stop("room" + before, "tab" + before, t));
      produce(1, World::ping("room" + before, "tab" + before, t));
    }
  }
  static constexpr TimeMs kBegin{1'790'000'000'000};
  static constexpr int kMoments = 8;

  // Both topics' lines, each as often as it is there.
  std::vector<std::string> outcome() {
    std::vector<std::string> lines = lines_of(*log_, log::Topic::heartbeats);
    std::ranges::move(lines_of(*log_, log::Topic::refusals), std::back_inserter(lines));
    std::ranges::sort(lines);
    return lines;
  }
  bool at_rest() const { return written_ == kMoments && clock_.time > end_ && worker_->stats().waiting == 0; }

  // A new log.
  void begin() {
    log_ = std::make_unique<log::MemoryLog>(options_);
    clock_.time = kBegin;
    written_ = 0;
    restart();
  }
  // Whenever the bridge has nothing to do, the platform writes more, and time goes by.
  void go_on() {
    if (written_ < kMoments) write_moment(written_++);
    clock_.time = clock_.time + 250;
    if (written_ < kMoments) end_ = clock_.time + config_.unknown_ms + 1'000;
  }

  // Steps until all is done, taking the errors as a shell does; a dead process starts again.
  void run_through(const std::function<void()>& between = {}) {
    for (int i = 0; i < 20'000; ++i) {
      if (between) between();
      const auto more = worker_->step();
      if (!more && log_->crashed()) {
        log_ = std::make_unique<log::MemoryLog>(options_, log_->image());
        restart();
        continue;
      }
      if (!more) {
        ASSERT_NE(more.error().next, Next::fatal) << more.error().message;
        continue;
      }
      if (!*more && at_rest()) return;
      if (!*more) go_on();
    }
    FAIL() << "the bridge does not come to rest";
  }

  // The same without trouble.
  std::vector<std::string> undisturbed() {
    begin();
    run_through();
    std::vector<std::string> lines = outcome();
    begin();
    return lines;
  }

  int written_ = 0;
  TimeMs end_;
};

class AtEveryWrite : public BridgeCrashTest, public ::testing::WithParamInterface<log::Fault> {};

TEST_P(AtEveryWrite, NothingIsLostAndNothingDoubled) {
  const std::vector<std::string> expected = undisturbed();
  // Opens, pings and stops forwarded; garbage and nobody's sessions refused.
  ASSERT_EQ(expected.size(), kMoments * 5U + (kMoments - 2) * 2U);
  bool reached = true;
  std::size_t k = 0;
  for (; reached && k < 500; ++k) {
    begin();
    std::size_t writes = 0;
    log_->set_fault_source([&writes, k](log::Write kind) {
      const bool ours = kind == log::Write::acquire || kind == log::Write::commit;
      return ours && writes++ == k ? GetParam() : log::Fault::none;
    });
    run_through();
    ASSERT_EQ(outcome(), expected) << "fault at write " << k;
    reached = writes > k;
  }
  EXPECT_FALSE(reached);
  EXPECT_GT(k, 15U);  // takeovers, steps and snapshots
}

INSTANTIATE_TEST_SUITE_P(Faults, AtEveryWrite,
                         ::testing::Values(log::Fault::busy, log::Fault::full, log::Fault::fenced,
                                           log::Fault::in_doubt_applied, log::Fault::in_doubt_dropped,
                                           log::Fault::crash_before, log::Fault::crash_after));

// Two bridges: the second takes over after any step of the first, which acts on once without knowing.
TEST_F(BridgeCrashTest, OneOfTwoWins) {
  const std::vector<std::string> expected = undisturbed();
  bool reached = true;
  for (int k = 0; reached && k < 500; ++k) {
    begin();
    auto first = std::make_unique<BridgeWorker>(config_, *log_, clock_, world_.catalog, world_.meters);
    for (int i = 0; i < k; ++i) {
      const auto more = first->step();
      ASSERT_TRUE(more);
      if (!*more) go_on();
      reached = *more || written_ < kMoments || first->stats().waiting != 0;
    }
    int steps = 0;
    bool fenced = false;
    run_through([&] {
      // While the second takes over, and after.
      if (++steps % 3 != 0 || fenced || !first->is_running()) return;
      if (const auto more = first->step(); !more) {
        EXPECT_EQ(more.error().code, "fenced");
        fenced = true;
      }
    });
    ASSERT_EQ(outcome(), expected) << "after step " << k;
  }
}

// They take it from each other, again and again.
TEST_F(BridgeCrashTest, TwoThatQuarrelLoseNothing) {
  const std::vector<std::string> expected = undisturbed();
  auto other = std::make_unique<BridgeWorker>(config_, *log_, clock_, world_.catalog, world_.meters);
  int steps = 0;
  run_through([&] {
    if (++steps % 40 >= 20 && steps < 200) static_cast<void>(other->step());
  });
  EXPECT_EQ(outcome(), expected);
  EXPECT_GT(worker_->stats().takeovers, 3U);
}

}  // namespace
}  // namespace paytick::ingest
