#include "app/worker_thread.h"

#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace paytick::app {
namespace {

constexpr std::size_t kThreadNameMax = 15;  // Linux

}  // namespace

void TroubleLog::note(const std::optional<Error>& error) {
  if (error && error->code != code_)
    spdlog::log(error->next == Next::fatal ? spdlog::level::err : spdlog::level::warn, "{}: {} ({})", name_,
                error->message, error->code);
  if (!error && !code_.empty()) spdlog::info("{}: goes on", name_);
  code_ = error ? error->code : std::string();
}

WorkerThread::WorkerThread(Work work) : work_(std::move(work)), thread_([this] { run(); }) {}

WorkerThread::~WorkerThread() { stop(); }

void WorkerThread::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

std::optional<Error> WorkerThread::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void WorkerThread::note(const std::optional<Error>& error) {
  trouble_log_.note(error);
  const std::lock_guard lock(mutex_);
  trouble_ = error;
}

// 5 ms, doubling up to a second; a stop is noticed within 5 ms.
void WorkerThread::back_off() {
  const int ms = std::min(1'000, 5 << std::min(failures_, 8));
  ++failures_;
  for (int waited = 0; waited < ms && !stopping_; waited += 5)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

void WorkerThread::run() {
  ::pthread_setname_np(::pthread_self(), work_.name.substr(0, kThreadNameMax).c_str());
  // On Linux a thread's own; lowering oneself needs no rights.
  if (work_.nice > 0) ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), work_.nice);
  bool started = false;
  while (!stopping_) {
    std::optional<Error> error;
    bool more = false;
    if (!started) {
      if (auto done = work_.start(); done) {
        started = ready_ = true;
        continue;  // whether a trouble is over, the first step says
      } else {
        error = done.error();
      }
    } else if (auto done = work_.step(); done) {
      more = *done;
    } else {
      error = done.error();
      started = error->next == Next::retry;
    }
    note(error);
    ready_ = started && !error;
    if (!error) {
      failures_ = 0;
      if (!more && !stopping_) work_.idle();
      continue;
    }
    if (error->next == Next::fatal || error->next == Next::refused) {
      spdlog::error("{}: stops: {} ({})", work_.name, error->message, error->code);
      work_.fatal(*error);
      return;
    }
    back_off();
  }
}

}  // namespace paytick::app
