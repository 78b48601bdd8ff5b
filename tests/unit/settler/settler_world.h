#pragma once
// All that a settler of one partition works with, in memory, and the fixture around one settler. It settles
// whatever is due, whatever the fee, and creator 3 is registered.

#include <gtest/gtest.h>

#include <memory>

#include "settler/settler_worker.h"
#include "unit/settler/fake_chain.h"
#include "unit/settler/log_fixture.h"

namespace paytick::settler::testing {

struct SettlerWorld {
  SettlerWorld() {
    chain.registered.insert(id_of<CreatorId>(3));
    config.partitions = {PartitionId{0}};
    config.policy.threshold = Amount(1);
    config.policy.max_fee_share_bps = 10'000'000;
    config.policy.fee_base = Amount(0);
  }

  std::unique_ptr<SettlerWorker> worker() {
    return std::make_unique<SettlerWorker>(config, log, chain, clock, random);
  }

  log::MemoryLog log{{.partitions = 1, .wait_blocks = false}};
  ManualClock clock;
  CountingRandom random;
  FakeChain chain;
  TicksWriter ticks{log};
  SettlerConfig config;
};

class SettlerTest : public ::testing::Test, protected SettlerWorld {
 protected:
  void restart() {
    worker_ = worker();
    const auto started = worker_->start();
    ASSERT_TRUE(started) << started.error().code << ": " << started.error().message;
  }
  // A transaction is applied, its answer is lost, and the node forgets it.
  void lose_history() {
    chain.send_faults = {SendFault::lost_applied};
    for (int i = 0; i < 50 && chain.sends == 0; ++i) {
      ASSERT_TRUE(worker_->step());
      clock.time = clock.time + 250;
    }
    chain.close_ledger();
    chain.close_ledger(120);
    chain.pruned_history = true;
  }

  std::unique_ptr<SettlerWorker> worker_;
};

}  // namespace paytick::settler::testing
