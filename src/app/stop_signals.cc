#include "app/stop_signals.h"

#include <pthread.h>

#include <csignal>
#include <ctime>
#include <mutex>
#include <utility>

namespace paytick::app {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGHUP);
  return set;
}

struct Hangup {
  std::mutex mutex;
  std::function<void()> asked_for;
};

Hangup& hangup() {
  static Hangup one;
  return one;
}

bool taken_as_hangup() {
  const std::lock_guard lock(hangup().mutex);
  if (!hangup().asked_for) return false;
  hangup().asked_for();
  return true;
}

}  // namespace

void on_hangup(std::function<void()> asked_for) {
  const std::lock_guard lock(hangup().mutex);
  hangup().asked_for = std::move(asked_for);
}

StopSignals::StopSignals() {
  const sigset_t signals = stop_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

bool StopSignals::asked(long ms) const {
  const sigset_t signals = stop_signals();
  const timespec period{.tv_sec = ms / 1'000, .tv_nsec = ms % 1'000 * 1'000'000};
  const int signal = ::sigtimedwait(&signals, nullptr, &period);
  return signal > 0 && (signal != SIGHUP || !taken_as_hangup());
}

void StopSignals::release() const {
  const sigset_t signals = stop_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace paytick::app
