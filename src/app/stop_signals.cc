#include "app/stop_signals.h"

#include <pthread.h>

#include <csignal>
#include <ctime>

namespace paytick::app {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

StopSignals::StopSignals() {
  const sigset_t signals = stop_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

bool StopSignals::asked(long ms) const {
  const sigset_t signals = stop_signals();
  const timespec period{.tv_sec = ms / 1'000, .tv_nsec = ms % 1'000 * 1'000'000};
  return ::sigtimedwait(&signals, nullptr, &period) > 0;
}

void StopSignals::release() const {
  const sigset_t signals = stop_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace paytick::app
