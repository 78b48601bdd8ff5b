#pragma once
// The template of child_process.h.

#include <thread>

#include "app/child_process.h"

namespace paytick::app {

template <typename Ready>
Result<void> wait_until_ready(ChildProcess& child, std::chrono::milliseconds patience, Ready&& ready) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!ready()) {
    if (!child.alive()) return fail("child_ended", "it ended at once: " + child.last_words(), Next::fatal);
    if (std::chrono::steady_clock::now() > deadline)
      return fail("child_timeout",
                  "it is not ready after " + std::to_string(patience.count()) + " ms: " + child.last_words(),
                  Next::fatal);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return {};
}

}  // namespace paytick::app
