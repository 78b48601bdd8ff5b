#pragma once
// A settler of one partition over the real contracts: ticks on a log in memory, money on a local network that
// a whole suite shares, with one registered creator.

#include <gtest/gtest.h>

#include <memory>

#include "app/system_ports.h"
#include "integration/settler/local_chain.h"
#include "settler/settler_worker.h"
#include "unit/settler/log_fixture.h"

namespace paytick::settler::testing {

class OnChain : public ::testing::Test {
 protected:
  // For SetUpTestSuite().
  static void deploy(std::string_view salt) {
    net_ = new LocalChain();
    deployment_ = new Deployment(*net_, salt);
    const std::vector<CreatorId> creators{Deployment::creator()};
    const auto registered = deployment_->chain->register_creators(creators);
    ASSERT_TRUE(registered) << registered.error().message;
  }
  static void TearDownTestSuite() {
    delete deployment_;
    delete net_;
  }

  OnChain() {
    config_.partitions = {PartitionId{0}};
    config_.valid_ms = 10'000;
    config_.backoff_ms = 200;
  }
  void restart() {
    worker_.reset();
    chain_ = deployment_->connect();
    worker_ = std::make_unique<SettlerWorker>(config_, log_, *chain_, clock_, random_);
    const auto started = worker_->start();
    ASSERT_TRUE(started) << started.error().message;
  }
  // Steps until `done`, which is asked after each.
  template <typename F>
  void run_until(F&& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!done()) {
      const SettlerStatus status = worker_->status();
      ASSERT_LT(std::chrono::steady_clock::now(), deadline)
          << to_decimal(status.settled) << " of " << to_decimal(status.due) << " settled, "
          << status.credits_waiting << " credits and " << status.refunds_waiting
          << " refunds wait: " << (status.chain_trouble ? status.chain_trouble->message : "");
      const auto stepped = worker_->step();
      ASSERT_TRUE(stepped) << stepped.error().code << ": " << stepped.error().message;
      if (!*stepped) ::usleep(10'000);
    }
  }

  static inline LocalChain* net_ = nullptr;
  static inline Deployment* deployment_ = nullptr;
  log::MemoryLog log_{{.partitions = 1, .wait_blocks = false}};
  app::SystemClock clock_;
  app::SystemRandom random_;
  TicksWriter ticks_{log_};
  SettlerConfig config_;
  std::unique_ptr<SorobanChain> chain_;
  std::unique_ptr<SettlerWorker> worker_;
};

}  // namespace paytick::settler::testing
