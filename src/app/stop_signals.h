#pragma once
// SIGTERM and SIGINT, taken one at a time by the thread that waits for them. The first asks for an orderly
// end; after release() the next one ends the process at once.

namespace paytick::app {

class StopSignals {
 public:
  // Before any other thread is started: they inherit that signals do not reach them. SIGPIPE is ignored.
  StopSignals();

  // Waits up to so long for a signal.
  bool asked(long ms) const;
  void release() const;
};

}  // namespace paytick::app
