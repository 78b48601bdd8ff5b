#pragma once
// Meters running calls every so often, so that no scheduler is needed. One that calls as well does no harm:
// blocks are bought once.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "ingest/commands/commands.h"
#include "model/ports.h"

namespace paytick::app {

class CallMeter {
 public:
  // An interval of 0: never. What it is given outlives it.
  CallMeter(ingest::Commands& commands, WallClock& clock, std::chrono::seconds interval);
  ~CallMeter();

 private:
  void run();

  ingest::Commands& commands_;
  WallClock& clock_;
  const std::chrono::seconds interval_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace paytick::app
