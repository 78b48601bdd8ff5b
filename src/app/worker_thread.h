#pragma once
// A thread that drives one worker: start() once, then step() again and again, with one answer to each kind of
// error (model/error.h). Every shell of paytick that has start() and step() runs in one of these.

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "model/error.h"

namespace paytick::app {

// A line in the log when a trouble begins, becomes another one, or is over. One thread.
class TroubleLog {
 public:
  explicit TroubleLog(std::string name) : name_(std::move(name)) {}
  void note(const std::optional<Error>& error);

 private:
  std::string name_;
  std::string code_;  // of the trouble that the log knows; empty: none
};

class WorkerThread {
 public:
  struct Work {
    std::string name;                     // in the log: "settler"
    std::function<Result<void>()> start;  // takes over and restores; called again after abort and in_doubt
    std::function<Result<bool>()> step;   // true: there may be more to do at once
    std::function<void()> idle;           // waits until there may be something to do, a short while at most
    std::function<void(const Error&)> fatal;  // the worker has ended for good
    // How far it stands back where processors are short, 0 … 19: nobody waits for what it does within
    // milliseconds.
    int nice = 0;
  };

  explicit WorkerThread(Work work);
  ~WorkerThread();

  void stop();                           // after the step that runs; idempotent
  bool ready() const { return ready_; }  // start() has succeeded, and nothing has gone wrong since
  std::optional<Error> trouble() const;  // the last error, until a step succeeds

 private:
  void run();
  void note(const std::optional<Error>& error);
  void back_off();

  Work work_;
  TroubleLog trouble_log_{work_.name};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> ready_{false};
  int failures_ = 0;  // in a row
  mutable std::mutex mutex_;
  std::optional<Error> trouble_;
  std::thread thread_;
};

}  // namespace paytick::app
