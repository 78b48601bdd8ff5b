#pragma once
// The share of a role's partitions that this process has, for workers that take a set and not one more or
// one less: at every change they stop, and begin again with the new set. Leases and fences (or the database's
// epochs) make that safe, and a change is rare.

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "log/partition_source.h"
#include "model/error.h"

namespace paytick::app {

class PartitionShare {
 public:
  // Called by one thread at a time with what is ours from now on, ascending; returns when nothing more is
  // written for the others.
  using Change = std::function<void(const std::vector<PartitionId>&)>;
  PartitionShare(std::string role, std::unique_ptr<log::PartitionSource> source, Change change);
  ~PartitionShare() { stop(); }

  Result<void> start();
  void stop();  // gives all back; idempotent

  std::vector<PartitionId> partitions() const;
  // Why the share is not known: nothing when it is, be it empty.
  std::optional<Error> trouble() const;

 private:
  void assigned(const std::vector<PartitionId>& partitions);
  void revoked(const std::vector<PartitionId>& partitions);

  const std::string role_;
  const Change change_;
  mutable std::mutex mutex_;
  std::set<PartitionId> ours_;
  bool known_ = false;
  std::unique_ptr<log::PartitionSource> source_;  // last: its thread uses the above
};

// For log lines: "0, 2", or "none".
std::string to_words(const std::vector<PartitionId>& partitions);

}  // namespace paytick::app
