#include "app/roles/watched_log.h"

#include <pthread.h>

#include <chrono>

#include "model/codec.h"

namespace paytick::app {
namespace {

constexpr std::chrono::milliseconds kTryPeriod{1'000};

}  // namespace

WatchedLog::WatchedLog(log::EventLog& inner, WallClock& clock)
    : ForwardingLog(inner), clock_(clock), thread_([this] { run(); }) {}

WatchedLog::~WatchedLog() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

std::optional<Error> WatchedLog::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

Result<std::vector<Offset>> WatchedLog::append(std::span<const log::NewRecord> records) {
  auto done = ForwardingLog::append(records);
  const bool refused = !done && done.error().next == Next::refused;  // of the records' own fault
  const std::lock_guard lock(mutex_);
  if (done) trouble_.reset();
  if (!done && !refused) {
    trouble_ = done.error();
    wake_.notify_one();
  }
  return done;
}

void WatchedLog::run() {
  ::pthread_setname_np(::pthread_self(), "log-watch");
  log::NewRecord line{{log::Topic::heartbeats, PartitionId{0}}, {}, {}, {}};
  codec::write(Input(Clock{}), line.value);
  std::unique_lock lock(mutex_);
  while (!stop_) {
    wake_.wait(lock, [this] { return trouble_ || stop_; });
    if (wake_.wait_for(lock, kTryPeriod, [this] { return stop_; })) return;
    if (!trouble_) continue;
    lock.unlock();
    line.append_time = clock_.now();
    (void)append(std::span(&line, 1));
    lock.lock();
  }
}

}  // namespace paytick::app
