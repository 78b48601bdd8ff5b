#pragma once
// Time enters the log here: a `clock` line a second to each partition. One ticker runs beside the workers of
// the partitions it ticks; two of them would only cost records. Not thread-safe.

#include <cstdint>
#include <vector>

#include "log/event_log.h"
#include "model/ports.h"

namespace paytick::aggregator {

inline constexpr std::int64_t kClockMs = 1'000;  // due is on record within two seconds (DESIGN.md §4)

class ClockTicker {
 public:
  // The ports outlive the ticker.
  ClockTicker(log::EventLog& log, WallClock& clock, const std::vector<PartitionId>& partitions);
  void set_partitions(const std::vector<PartitionId>& partitions);

  // Appends a line to each partition if it is time; whether it did. An error of the log is handed on: after
  // `retry` or `in_doubt` just pump again, a missed or doubled second does no harm.
  Result<bool> pump();
  // Milliseconds until the next line; 0 when it is time.
  std::int64_t wait_ms();

 private:
  log::EventLog& log_;
  WallClock& clock_;
  std::vector<log::NewRecord> records_;
  TimeMs next_;
};

}  // namespace paytick::aggregator
