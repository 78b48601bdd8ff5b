#pragma once
// The thread that carries a lane's batches to the log. One batch at a time: while it is being synced the lane
// fills the next. Appends block, so they have a thread of their own.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "ingest/log_feed.h"
#include "ingest/server/thread_cpu.h"
#include "log/event_log.h"

namespace paytick::ingest::server {

class Appender {
 public:
  // `done` is called on the appender's thread.
  using Done = std::function<void(BatchId, AppendResult)>;
  Appender(log::EventLog& log, Done done);
  ~Appender();  // writes what was submitted, then ends

  // At most one batch at a time: the next only after `done` for the one before.
  void submit(LogBatch batch);
  double cpu_s() const { return cpu_.seconds(); }  // any thread

 private:
  void run();

  log::EventLog& log_;
  Done done_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<LogBatch> next_;
  bool stop_ = false;
  ThreadCpu cpu_;
  std::thread thread_;
};

}  // namespace paytick::ingest::server
