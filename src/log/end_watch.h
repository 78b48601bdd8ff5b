#pragma once
// The ends of all lanes (topic × partition) that readers may see, and the wake-ups of those who wait for
// more. Shared by the engines that live in this process. Thread-safe.
//
// No wake-up is lost: the end is moved and looked at under the lane's own mutex.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "log/event_log.h"

namespace paytick::log {

class EndWatch {
 public:
  explicit EndWatch(std::uint32_t partitions);

  Offset end(std::size_t lane) const;

  // Moves the end on and wakes the lane's waiters. The records below `end` must be durable and readable.
  void publish(std::size_t lane, Offset end);

  // As EventLog::wait.
  bool wait(std::size_t lane, Offset seen, std::chrono::milliseconds timeout);

  // Every call of wait that is under way returns. Later calls wait as usual.
  void interrupt();

 private:
  struct Lane {
    mutable std::mutex mutex;
    std::condition_variable moved;
    Offset end{};
    std::uint64_t interrupts = 0;
  };
  std::size_t count_;
  std::unique_ptr<Lane[]> lanes_;
};

}  // namespace paytick::log
