#pragma once
// The role that folds: a runner over the partitions, and where its replies go.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "aggregator/runner.h"
#include "app/roles/role_context.h"
#include "model/error.h"

namespace paytick::app {

class AggregateSide {
 public:
  // `on_restored` is called on a worker's thread, each time a partition has been taken over.
  using OnRestored = std::function<void(PartitionId, const aggregator::Fold&, Offset position)>;
  AggregateSide(RoleContext context, aggregator::ReplySink& replies, OnRestored on_restored);

  // Returns when every partition folds. Code "stop_asked" when the context says so before.
  Result<void> start();
  // Waits until everything on the log is folded, or the time is over.
  void catch_up(std::chrono::milliseconds patience);
  void stop();

  std::string metrics() const;  // Prometheus text

 private:
  bool is_behind() const;

  const RoleContext context_;
  std::unique_ptr<aggregator::Runner> runner_;
  std::optional<Error> failure_;
  mutable std::mutex mutex_;
};

}  // namespace paytick::app
