#pragma once
// Has the views counted every few seconds, so that no request asks the database for them. A thread of its
// own, because the database may be slow or away; what was counted last holds meanwhile.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "ingest/views.h"
#include "model/error.h"
#include "model/ids.h"

namespace paytick::app {

class ViewWatch {
 public:
  using Count = std::function<Result<std::map<ContentId, std::int64_t>>()>;
  using Tell = std::function<void(ingest::Views)>;
  // Both are called by the thread alone, until the destructor returns.
  ViewWatch(Count count, Tell tell);
  ~ViewWatch();

 private:
  void run();

  const Count count_;
  const Tell tell_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace paytick::app
