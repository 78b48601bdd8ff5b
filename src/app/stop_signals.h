#pragma once
// SIGTERM, SIGINT and SIGHUP, taken one at a time by the thread that waits for them. The first asks for an
// orderly end; after release() the next one ends the process at once. SIGHUP asks for something else where
// somebody has said what.

#include <functional>

namespace paytick::app {

class StopSignals {
 public:
  // Before any other thread is started: they inherit that signals do not reach them. SIGPIPE is ignored.
  StopSignals();

  // Waits up to so long for a signal that asks for the end.
  bool asked(long ms) const;
  void release() const;
};

// What SIGHUP asks for from now on; null: for the end. It runs on the thread that waits for signals.
void on_hangup(std::function<void()> asked_for);

}  // namespace paytick::app
