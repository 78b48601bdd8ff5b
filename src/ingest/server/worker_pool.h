#pragma once
// A few threads for handlers that wait for a database, behind a bounded queue, so that the event loops never
// do.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace paytick::ingest::server {

class WorkerPool {
 public:
  explicit WorkerPool(std::size_t threads);
  ~WorkerPool();  // ends what runs, drops what waits

  // False when too many jobs wait already.
  bool submit(std::function<void()> job);

 private:
  static constexpr std::size_t kQueueMax = 1'024;
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace paytick::ingest::server
