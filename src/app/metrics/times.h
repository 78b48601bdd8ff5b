#pragma once
// A histogram of durations, in seconds. Thread-safe; tens of nanoseconds a value.

#include <prometheus/histogram.h>

#include <chrono>
#include <vector>

namespace paytick::app::metrics {

// Bounds for writes: from a sync of a fast disk to a broker that is about to be given up.
inline const std::vector<double> kWriteSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                  0.1,    0.25,  0.5,    1,     2.5,  5,     10};
// For settlements: from one ledger to a transaction that expires.
inline const std::vector<double> kSettlementSeconds = {1, 2, 5, 7.5, 10, 15, 20, 30, 60, 120};

class Times {
 public:
  explicit Times(const std::vector<double>& bounds) : histogram_(bounds) {}

  void add(std::chrono::nanoseconds time) { histogram_.Observe(std::chrono::duration<double>(time).count()); }
  prometheus::ClientMetric collect() const { return histogram_.Collect(); }

 private:
  prometheus::Histogram histogram_;
};

}  // namespace paytick::app::metrics
