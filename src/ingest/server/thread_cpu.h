#pragma once
// How much processor time a thread has used, as another thread may ask.

#include <pthread.h>

#include <atomic>
#include <ctime>

namespace paytick::ingest::server {

class ThreadCpu {
 public:
  // On the thread that is to be measured.
  void watch() {
    clockid_t clock{};
    if (pthread_getcpuclockid(pthread_self(), &clock) != 0) return;
    clock_ = clock;
    watched_ = true;
  }
  // Any thread. Seconds, user and system; 0 before watch() and after the thread's end.
  double seconds() const {
    timespec time{};
    if (!watched_ || clock_gettime(clock_, &time) != 0) return 0;
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  }

 private:
  std::atomic<clockid_t> clock_{};
  std::atomic<bool> watched_{false};
};

}  // namespace paytick::ingest::server
