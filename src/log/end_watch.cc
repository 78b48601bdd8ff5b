#include "log/end_watch.h"

#include "log/checks.h"

namespace paytick::log {

EndWatch::EndWatch(std::uint32_t partitions)
    : count_(kTopics.size() * partitions), lanes_(std::make_unique<Lane[]>(count_)) {}

Offset EndWatch::end(std::size_t lane) const {
  const std::lock_guard lock(lanes_[lane].mutex);
  return lanes_[lane].end;
}

void EndWatch::publish(std::size_t lane, Offset end) {
  {
    const std::lock_guard lock(lanes_[lane].mutex);
    lanes_[lane].end = end;
  }
  lanes_[lane].moved.notify_all();
}

bool EndWatch::wait(std::size_t lane, Offset seen, std::chrono::milliseconds timeout) {
  Lane& l = lanes_[lane];
  std::unique_lock lock(l.mutex);
  const std::uint64_t interrupts = l.interrupts;
  l.moved.wait_for(lock, timeout, [&] { return l.end > seen || l.interrupts != interrupts; });
  return l.end > seen;
}

void EndWatch::interrupt() {
  for (std::size_t i = 0; i < count_; ++i) {
    {
      const std::lock_guard lock(lanes_[i].mutex);
      ++lanes_[i].interrupts;
    }
    lanes_[i].moved.notify_all();
  }
}

}  // namespace paytick::log
