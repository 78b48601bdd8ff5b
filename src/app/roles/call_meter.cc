#include "app/roles/call_meter.h"

#include <pthread.h>

namespace paytick::app {

CallMeter::CallMeter(ingest::Commands& commands, WallClock& clock, std::chrono::seconds interval)
    : commands_(commands), clock_(clock), interval_(interval) {
  if (interval_.count() > 0) thread_ = std::thread([this] { run(); });
}

CallMeter::~CallMeter() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void CallMeter::run() {
  ::pthread_setname_np(::pthread_self(), "call meter");
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, interval_, [this] { return stop_; })) {
    Metering all;
    all.at = clock_.now();
    // What the log does not take now, the next round buys.
    commands_.broadcast(all, [](const Result<void>&) {});
  }
}

}  // namespace paytick::app
