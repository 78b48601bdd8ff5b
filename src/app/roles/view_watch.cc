#include "app/roles/view_watch.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "app/worker_thread.h"

namespace paytick::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Clock::duration kPeriod = std::chrono::seconds(5);
// Counting takes one part in so many of a connection's time at most, however large the catalogue is.
constexpr int kRestsPerCount = 20;
// Before the first start of a writer has made the tables there is nothing to tell of.
constexpr int kFailuresTold = 3;

}  // namespace

ViewWatch::ViewWatch(Count count, Tell tell)
    : count_(std::move(count)), tell_(std::move(tell)), thread_([this] { run(); }) {}

ViewWatch::~ViewWatch() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void ViewWatch::run() {
  ::pthread_setname_np(::pthread_self(), "views");
  TroubleLog trouble("views");
  for (int failures = 0;;) {
    const auto began = Clock::now();
    const auto counted = count_();
    failures = counted ? 0 : failures + 1;
    if (counted) {
      trouble.note(std::nullopt);
      tell_(ingest::Views(std::vector<ingest::Views::Count>(counted->begin(), counted->end())));
    } else if (failures >= kFailuresTold) {
      trouble.note(counted.error());
    }
    const auto rest = std::max(kPeriod, (Clock::now() - began) * kRestsPerCount);
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, rest, [this] { return stop_; })) return;
  }
}

}  // namespace paytick::app
