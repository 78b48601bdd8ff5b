#pragma once
// A thread with one worker that talks to the chain, on a connection of its own (a connection belongs to one
// thread). Both are made when the node can be reached: whoever needs the chain waits for it here, and nobody
// else does.
//
// A Job says what is particular:
//   Worker, with Result<bool> step()
//   Seen, what others may know of it after each step; has a member chain_trouble
//   kName, in the log; kAsAdmin, whether it signs as the router's operator
//   std::unique_ptr<Worker> make(settler::ChainPort&)
//   Result<void> start(Worker&)    takes over and restores
//   Seen look(const Worker&)
// Its functions are called on the thread alone.

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "app/roles/role_context.h"
#include "app/worker_thread.h"
#include "settler/soroban_chain.h"

namespace paytick::app {

inline Result<std::unique_ptr<settler::SorobanChain>> connect_to_chain(const RoleSettings& settings,
                                                                       bool as_admin) {
  settler::SorobanConfig config;
  config.rpc_url = settings.config.chain.rpc_url;
  config.network_passphrase = settings.config.chain.network_passphrase;
  config.router = settings.router;
  config.channel = settings.channel;
  config.treasury = settings.treasury;
  return settler::SorobanChain::connect(config, *settings.settler, as_admin ? settings.admin : std::nullopt);
}

template <typename Job>
class ChainThread {
 public:
  using Seen = typename Job::Seen;

  ChainThread(const RoleContext& context, Job job)
      : settings_(context.settings),
        job_(std::move(job)),
        thread_({.name = Job::kName,
                 .start = [this] { return start(); },
                 .step = [this] { return step(); },
                 .idle = [] { std::this_thread::sleep_for(kNap); },
                 .fatal = context.fatal,
                 .nice = kNice}) {}

  // Any thread.
  void stop() { thread_.stop(); }
  bool ready() const { return thread_.ready(); }
  Seen seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  std::optional<Error> trouble() const {
    if (auto trouble = thread_.trouble()) return trouble;
    return seen().chain_trouble;
  }

 private:
  static constexpr int kNice = 5;  // billing comes first: the chain takes seconds anyway
  static constexpr std::chrono::milliseconds kNap{20};

  Result<void> start() {
    if (!chain_) {
      auto made = connect_to_chain(settings_, Job::kAsAdmin);
      if (!made) return tl::unexpected(made.error());
      chain_ = std::move(*made);
    }
    if (!worker_) worker_ = job_.make(*chain_);
    return job_.start(*worker_);
  }
  Result<bool> step() {
    auto more = worker_->step();
    Seen seen = job_.look(*worker_);
    chain_log_.note(seen.chain_trouble);
    const std::lock_guard lock(mutex_);
    seen_ = std::move(seen);
    return more;
  }

  const RoleSettings& settings_;
  Job job_;
  TroubleLog chain_log_{Job::kName};
  std::unique_ptr<settler::ChainPort> chain_;
  std::unique_ptr<typename Job::Worker> worker_;
  mutable std::mutex mutex_;
  Seen seen_;
  WorkerThread thread_;  // last: it uses all of the above
};

}  // namespace paytick::app
