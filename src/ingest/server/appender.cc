#include "ingest/server/appender.h"

#include <pthread.h>

#include <cassert>
#include <utility>

namespace paytick::ingest::server {

Appender::Appender(log::EventLog& log, Done done)
    : log_(log), done_(std::move(done)), thread_([this] { run(); }) {}

Appender::~Appender() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Appender::submit(LogBatch batch) {
  {
    const std::lock_guard lock(mutex_);
    assert(!next_);
    next_ = std::move(batch);
  }
  wake_.notify_one();
}

void Appender::run() {
  ::pthread_setname_np(::pthread_self(), "append");
  cpu_.watch();
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return next_ || stop_; });
    if (!next_) return;
    const LogBatch batch = std::exchange(next_, std::nullopt).value();
    lock.unlock();
    auto offsets = log_.append(batch.records);
    AppendResult result;
    if (!offsets) result = tl::unexpected(std::move(offsets.error()));
    done_(batch.id, std::move(result));
    lock.lock();
  }
}

}  // namespace paytick::ingest::server
