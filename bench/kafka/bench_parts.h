#pragma once
// What the programs of this folder share.

#include <sys/resource.h>

#include <span>

#include "aggregator/partition_worker.h"

namespace paytick::aggregator {

// Nobody waits for an answer.
class NoReplies final : public ReplySink {
 public:
  void deliver(PartitionId, std::span<const Reply>) override {}
};

// That this process has used so far, all threads together.
inline double processor_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace paytick::aggregator
