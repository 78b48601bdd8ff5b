#include "app/roles/lag_watch.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "app/progress.h"

namespace paytick::app {
namespace {

constexpr std::chrono::milliseconds kPeriod{2'000};
// Fewer are on the way at any moment under load, and nobody need read about them.
constexpr std::uint64_t kTellFrom = 5'000;

double seconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

LagWatch::LagWatch(std::string role, log::EventLog& log, log::Topic topic, Positions positions)
    : role_(std::move(role)), log_(log), topic_(topic), positions_(std::move(positions)), thread_([this] {
        run();
      }) {}

LagWatch::~LagWatch() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

std::map<PartitionId, std::uint64_t> LagWatch::lags() const {
  const std::lock_guard lock(mutex_);
  return lags_;
}

void LagWatch::run() {
  ::pthread_setname_np(::pthread_self(), "lag");
  for (;;) {
    look();
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, kPeriod, [this] { return stop_; })) return;
  }
}

void LagWatch::look() {
  std::map<PartitionId, std::uint64_t> lags;
  std::uint64_t sum = 0;
  for (const auto& [partition, next] : positions_()) {
    const auto range = log_.range({topic_, partition});
    if (!range) return;  // as far as we know it is as before
    const auto lag =
        static_cast<std::int64_t>(range->end) - static_cast<std::int64_t>(std::max(next, range->begin));
    sum += lags[partition] = static_cast<std::uint64_t>(std::max<std::int64_t>(0, lag));
  }
  {
    const std::lock_guard lock(mutex_);
    lags_ = lags;
  }
  tell(sum, std::chrono::steady_clock::now());
}

void LagWatch::tell(std::uint64_t lag, Moment now) {
  if (told_lag_ == 0) {
    if (lag < kTellFrom) return;
    behind_since_ = now;
    spdlog::info("{}: catches up: {} records behind", role_, with_commas(lag));
  } else if (lag < kTellFrom) {
    spdlog::info("{}: has caught up after {:.1f} s", role_, seconds(now - behind_since_));
    told_lag_ = 0;
    return;
  } else if (lag < told_lag_) {
    const double rate = static_cast<double>(told_lag_ - lag) / seconds(now - told_at_);
    spdlog::info("{}: {} records behind, {} fewer a second: {:.0f} s left", role_, with_commas(lag),
                 with_commas(static_cast<std::uint64_t>(rate)), static_cast<double>(lag) / rate);
  } else {
    spdlog::warn("{}: {} records behind, and not gaining", role_, with_commas(lag));
  }
  told_lag_ = lag;
  told_at_ = now;
}

}  // namespace paytick::app
