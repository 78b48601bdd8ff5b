#pragma once
// How far a role is behind its topic, looked at every other second: in the log while it catches up, and for
// metrics. A thread of its own, because the log may have to ask a broker.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "log/event_log.h"

namespace paytick::app {

class LagWatch {
 public:
  using Positions = std::function<std::map<PartitionId, Offset>()>;  // next offset to be read, of each
  LagWatch(std::string role, log::EventLog& log, log::Topic topic, Positions positions);
  ~LagWatch();

  // Offsets between the position and the end. An engine may leave offsets out, so about as many records.
  std::map<PartitionId, std::uint64_t> lags() const;

 private:
  using Moment = std::chrono::steady_clock::time_point;
  void run();
  void look();
  void tell(std::uint64_t lag, Moment now);

  const std::string role_;
  log::EventLog& log_;
  const log::Topic topic_;
  const Positions positions_;
  std::uint64_t told_lag_ = 0;  // 0: nothing was told since it had caught up
  Moment told_at_, behind_since_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::map<PartitionId, std::uint64_t> lags_;
  std::thread thread_;
};

}  // namespace paytick::app
