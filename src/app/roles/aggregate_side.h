#pragma once
// The role that folds: a runner over the partitions that its source assigns, and where its replies go.

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "aggregator/runner.h"
#include "app/roles/lag_watch.h"
#include "app/roles/role_context.h"
#include "model/error.h"

namespace paytick::app {

class AggregateSide {
 public:
  // `on_restored` is called on a worker's thread, each time a partition has been taken over.
  using OnRestored = std::function<void(PartitionId, const aggregator::Fold&, Offset position)>;
  AggregateSide(RoleContext context, aggregator::ReplySink& replies, OnRestored on_restored = {});
  ~AggregateSide();

  // Asks for partitions; they come and go from here on.
  Result<void> start();
  // Returns when every partition folds. Code "stop_asked" when the context says so before.
  Result<void> await_ready();
  // Waits until everything on the log is folded, or the time is over.
  void catch_up(std::chrono::milliseconds patience);
  void stop();  // after the steps under way; gives the partitions back

 private:
  void collect(metrics::Page& page) const;
  void assigned(const std::vector<PartitionId>& partitions);
  void revoked(const std::vector<PartitionId>& partitions);
  void restored(PartitionId partition, const aggregator::Fold& fold, Offset position);
  void note_error(PartitionId partition, const Error& error);
  std::optional<Error> trouble() const;
  std::optional<Error> failure() const;
  bool is_behind() const;

  const RoleContext context_;
  const OnRestored on_restored_;
  mutable std::mutex mutex_;
  std::optional<Error> failure_;
  bool asked_ = false;  // the source has said what is ours, be it nothing
  // Times of steps, by partition.
  std::vector<std::unique_ptr<metrics::Times>> step_times_;
  std::unique_ptr<aggregator::Runner> runner_;
  std::unique_ptr<log::PartitionSource> source_;
  std::unique_ptr<LagWatch> lag_;  // last: it uses the runner
};

}  // namespace paytick::app
