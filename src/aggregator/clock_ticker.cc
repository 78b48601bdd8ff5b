#include "aggregator/clock_ticker.h"

#include <algorithm>
#include <string>

#include "model/codec.h"

namespace paytick::aggregator {

ClockTicker::ClockTicker(log::EventLog& log, WallClock& clock, const std::vector<PartitionId>& partitions)
    : log_(log), clock_(clock) {
  set_partitions(partitions);
}

void ClockTicker::set_partitions(const std::vector<PartitionId>& partitions) {
  std::string line;
  codec::write(Input(Clock{}), line);
  records_.clear();
  for (const PartitionId partition : partitions) {
    records_.push_back({{log::Topic::heartbeats, partition}, {}, {}, line});
  }
}

std::int64_t ClockTicker::wait_ms() {
  const std::int64_t left = next_ - clock_.now();
  return left > kClockMs ? 0 : std::max<std::int64_t>(left, 0);  // the wall clock has stepped back
}

Result<bool> ClockTicker::pump() {
  if (wait_ms() > 0 || records_.empty()) return false;
  const TimeMs now = clock_.now();
  for (log::NewRecord& record : records_) record.append_time = now;
  const auto done = log_.append(records_);
  if (!done) return tl::unexpected<Error>(done.error());
  next_ = TimeMs{(now.ms / kClockMs + 1) * kClockMs};
  return true;
}

}  // namespace paytick::aggregator
