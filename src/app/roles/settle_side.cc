#include "app/roles/settle_side.h"

#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "app/metrics/collectors.h"
#include "app/roles/partition_share.h"
#include "app/worker_thread.h"
#include "settler/chain_event_reader.h"
#include "settler/creator_registrar.h"
#include "settler/settler_worker.h"
#include "settler/soroban_chain.h"

namespace paytick::app {
namespace {

// Billing comes first: the chain takes seconds anyway.
constexpr int kNice = 5;

void nap() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }

// A worker that needs the chain: connected by start(), which is tried until the node answers.
class Connected {
 public:
  explicit Connected(const RoleContext& context) : context_(context) {}
  virtual ~Connected() = default;

 protected:
  Result<settler::ChainPort*> connect(bool as_admin) {
    if (chain_) return chain_.get();
    settler::SorobanConfig config;
    const RoleSettings& settings = context_.settings;
    config.rpc_url = settings.config.chain.rpc_url;
    config.network_passphrase = settings.config.chain.network_passphrase;
    config.router = settings.router;
    config.channel = settings.channel;
    auto made =
        settler::SorobanChain::connect(config, *settings.settler, as_admin ? settings.admin : std::nullopt);
    if (!made) return tl::unexpected(made.error());
    chain_ = std::move(*made);
    return chain_.get();
  }
  const RoleContext context_;

 private:
  std::unique_ptr<settler::ChainPort> chain_;
};

settler::Policy policy_of(const Config::Settlement& settlement) {
  settler::Policy policy;
  policy.threshold = from_decimal(settlement.threshold).value_or(policy.threshold);
  policy.max_age_ms = settlement.max_age_s * 1'000;
  policy.on_close = settlement.on_close;
  policy.max_fee_share_bps = static_cast<std::uint32_t>(settlement.max_fee_share_bps);
  policy.batch_items_max = static_cast<std::size_t>(settlement.batch_items_max);
  return policy;
}

struct Settling : Connected {
  Settling(const RoleContext& context, std::vector<PartitionId> partitions, metrics::Times& times)
      : Connected(context),
        times_(times),
        partitions_(std::move(partitions)),
        thread_({.name = "settler",
                 .start = [this] { return start(); },
                 .step = [this] { return step(); },
                 .idle = nap,
                 .fatal = context_.fatal,
                 .nice = kNice}) {}

  Result<void> start() {
    auto chain = connect(false);
    if (!chain) return tl::unexpected(chain.error());
    if (!worker_) {
      settler::SettlerConfig config;
      config.partitions = partitions_;
      config.policy = policy_of(context_.settings.config.settlement);
      config.on_confirmed = [this](std::int64_t ms) { times_.add(std::chrono::milliseconds(ms)); };
      worker_.emplace(config, context_.log, **chain, context_.clock, context_.random);
    }
    if (auto begun = worker_->start(); !begun) return begun;
    spdlog::info("settler: took over partitions {}, {} of them from a snapshot", to_words(partitions_),
                 worker_->status().restored);
    return {};
  }
  Result<bool> step() {
    auto more = worker_->step();
    const std::lock_guard lock(mutex_);
    status_ = worker_->status();
    chain_log_.note(status_.chain_trouble);
    return more;
  }
  settler::SettlerStatus status() const {
    const std::lock_guard lock(mutex_);
    return status_;
  }

  std::optional<Error> trouble() const {
    if (auto trouble = thread_.trouble()) return trouble;
    return status().chain_trouble;
  }

  metrics::Times& times_;  // to be confirmed
  const std::vector<PartitionId> partitions_;
  mutable std::mutex mutex_;
  settler::SettlerStatus status_;
  TroubleLog chain_log_{"settler"};
  std::optional<settler::SettlerWorker> worker_;
  WorkerThread thread_;  // last: it uses all of the above
};

// What one instance is enough for: the one that has partition 0.
struct Reading : Connected {
  explicit Reading(const RoleContext& context)
      : Connected(context),
        thread_({.name = "chain-events",
                 .start = [this] { return start(); },
                 .step = [this] { return step(); },
                 .idle = nap,
                 .fatal = context_.fatal,
                 .nice = kNice}) {}

  Result<void> start() {
    auto chain = connect(false);
    if (!chain) return tl::unexpected(chain.error());
    if (!reader_) {
      settler::ChainEventConfig config;
      config.start_ledger = static_cast<std::uint32_t>(context_.settings.config.chain.start_ledger);
      config.poll_ms = context_.settings.config.chain.poll_ms;
      reader_.emplace(config, context_.log, **chain, context_.clock);
    }
    return reader_->start();
  }
  Result<bool> step() {
    auto more = reader_->step();
    seen_ = reader_->seen().sequence;
    const std::lock_guard lock(mutex_);
    trouble_ = reader_->trouble();
    chain_log_.note(trouble_);
    return more;
  }
  std::optional<Error> trouble() const {
    if (auto trouble = thread_.trouble()) return trouble;
    const std::lock_guard lock(mutex_);
    return trouble_;
  }

  std::atomic<std::uint32_t> seen_{0};
  mutable std::mutex mutex_;
  std::optional<Error> trouble_;
  TroubleLog chain_log_{"chain-events"};
  std::optional<settler::ChainEventReader> reader_;
  WorkerThread thread_;
};

struct Registering : Connected {
  explicit Registering(const RoleContext& context)
      : Connected(context),
        thread_({.name = "registrar",
                 .start = [this] { return start(); },
                 .step = [this] { return registrar_->step(); },
                 .idle = nap,
                 .fatal = context_.fatal,
                 .nice = kNice}) {}

  Result<void> start() {
    auto chain = connect(true);
    if (!chain) return tl::unexpected(chain.error());
    if (!registrar_) registrar_.emplace(context_.log, **chain, context_.clock);
    return {};
  }

  std::optional<settler::CreatorRegistrar> registrar_;
  WorkerThread thread_;
};

}  // namespace

struct SettleSide::Impl {
  explicit Impl(const RoleContext& given)
      : context(given),
        share("settler", context.partitions(RoleName::settle), [this](const auto& ours) { change(ours); }) {}

  struct Running {
    std::shared_ptr<Settling> settling;
    std::shared_ptr<Reading> reading;
    std::shared_ptr<Registering> registering;
  };
  Running current() const {
    const std::lock_guard lock(mutex);
    return running;
  }
  void change(const std::vector<PartitionId>& ours);
  std::optional<Error> settling_trouble() const;

  const RoleContext context;
  metrics::Times confirm_times{metrics::kSettlementSeconds};
  mutable std::mutex mutex;
  Running running;
  settler::SettlerStatus gone;  // counters of the sets before
  PartitionShare share;         // last: its thread uses the above
};

void SettleSide::Impl::change(const std::vector<PartitionId>& ours) {
  Running next = current();
  if (next.settling) {
    next.settling->thread_.stop();
    const settler::SettlerStatus status = next.settling->status();
    const std::lock_guard lock(mutex);
    gone.confirmed += status.confirmed;
    gone.failed += status.failed;
    gone.expired += status.expired;
    gone.snapshots += status.snapshots;
    running.settling.reset();
  }
  next.settling = ours.empty() ? nullptr : std::make_shared<Settling>(context, ours, confirm_times);
  const bool reads = !ours.empty() && ours.front() == PartitionId{0};
  if (!reads && next.reading) {
    next.reading->thread_.stop();
    next.registering->thread_.stop();
    next.reading.reset();
    next.registering.reset();
  }
  if (reads && !next.reading) {
    next.reading = std::make_shared<Reading>(context);
    next.registering = std::make_shared<Registering>(context);
  }
  const std::lock_guard lock(mutex);
  running = std::move(next);
}

std::optional<Error> SettleSide::Impl::settling_trouble() const {
  if (auto trouble = share.trouble()) return trouble;
  const Running now = current();
  if (!now.settling) return std::nullopt;
  if (auto trouble = now.settling->trouble()) return trouble;
  if (context.alone && !now.settling->thread_.ready())
    return Error{"restoring", "partitions are being taken over", Next::retry};
  return std::nullopt;
}

SettleSide::SettleSide(const RoleContext& context) : impl_(std::make_unique<Impl>(context)) {}

SettleSide::~SettleSide() { stop(); }

Result<void> SettleSide::start() {
  Health& health = impl_->context.health;
  health.add("settlement", impl_->context.alone, [this] { return impl_->settling_trouble(); });
  health.add("chain_events", false, [this]() -> std::optional<Error> {
    const auto now = impl_->current();
    return now.reading ? now.reading->trouble() : std::nullopt;
  });
  health.add("registrar", false, [this]() -> std::optional<Error> {
    const auto now = impl_->current();
    return now.registering ? now.registering->thread_.trouble() : std::nullopt;
  });
  impl_->context.metrics.add([this](metrics::Page& page) { collect(page); });
  return impl_->share.start();
}

void SettleSide::stop() { impl_->share.stop(); }

void SettleSide::collect(metrics::Page& page) const {
  const Impl::Running now = impl_->current();
  settler::SettlerStatus status = now.settling ? now.settling->status() : settler::SettlerStatus{};
  {
    const std::lock_guard lock(impl_->mutex);
    status.confirmed += impl_->gone.confirmed;
    status.failed += impl_->gone.failed;
    status.expired += impl_->gone.expired;
    status.snapshots += impl_->gone.snapshots;
  }
  metrics::collect_settler(page, status);
  page.set("paytick_settler_confirm_seconds", impl_->confirm_times);
  page.set("paytick_settler_chain_reachable", now.settling && now.settling->trouble() ? 0 : 1);
  if (!now.reading) return;
  page.set("paytick_chain_events_ledger", now.reading->seen_.load());
  page.set("paytick_chain_events_reachable", now.reading->trouble() ? 0 : 1);
}

}  // namespace paytick::app
