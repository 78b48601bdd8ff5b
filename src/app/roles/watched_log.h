#pragma once
// An EventLog that remembers whether its appends succeed, so that readiness can say it: a broker may answer
// questions and take nothing (out of disk, too few replicas). After a failed append it tries by itself with a
// clock line, which changes nothing, until one is taken: whoever is not ready gets no other writes to try
// with.

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "log/forwarding_log.h"
#include "model/ports.h"

namespace paytick::app {

class WatchedLog final : public log::ForwardingLog {
 public:
  WatchedLog(log::EventLog& inner, WallClock& clock);  // which outlive it
  ~WatchedLog() override;

  std::optional<Error> trouble() const;  // of the latest append; nothing when it was taken

  Result<std::vector<Offset>> append(std::span<const log::NewRecord> records) override;

 private:
  void run();

  WallClock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Error> trouble_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace paytick::app
