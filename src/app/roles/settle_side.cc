#include "app/roles/settle_side.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <mutex>
#include <optional>

#include "app/metrics/collectors.h"
#include "app/roles/chain_thread.h"
#include "app/roles/partition_share.h"
#include "settler/chain_event_reader.h"
#include "settler/creator_registrar.h"
#include "settler/settler_worker.h"

namespace paytick::app {
namespace {

settler::Policy policy_of(const Config::Settlement& settlement) {
  settler::Policy policy;
  policy.threshold = from_decimal(settlement.threshold).value_or(policy.threshold);
  policy.max_age_ms = settlement.max_age_s * 1'000;
  policy.on_close = settlement.on_close;
  policy.max_fee_share_bps = static_cast<std::uint32_t>(settlement.max_fee_share_bps);
  policy.batch_items_max = static_cast<std::size_t>(settlement.batch_items_max);
  return policy;
}

void add_counters(settler::SettlerStatus& sum, const settler::SettlerStatus& other) {
  sum.confirmed += other.confirmed;
  sum.failed += other.failed;
  sum.expired += other.expired;
  sum.snapshots += other.snapshots;
}

struct Settling {
  using Worker = settler::SettlerWorker;
  using Seen = settler::SettlerStatus;
  static constexpr const char* kName = "settler";
  static constexpr bool kAsAdmin = false;

  std::unique_ptr<Worker> make(settler::ChainPort& chain) const {
    settler::SettlerConfig config;
    config.partitions = partitions;
    config.policy = policy_of(context.settings.config.settlement);
    config.on_confirmed = [times = confirm_times](std::int64_t ms) {
      times->add(std::chrono::milliseconds(ms));
    };
    return std::make_unique<Worker>(config, context.log, chain, context.clock, context.random);
  }
  Result<void> start(Worker& worker) const {
    if (auto begun = worker.start(); !begun) return begun;
    spdlog::info("settler: took over partitions {}, {} of them from a snapshot", to_words(partitions),
                 worker.status().restored);
    return {};
  }
  static Seen look(const Worker& worker) { return worker.status(); }

  const RoleContext context;
  const std::vector<PartitionId> partitions;
  metrics::Times* const confirm_times;
};

// What one instance is enough for: the one that has partition 0.
struct Reading {
  using Worker = settler::ChainEventReader;
  struct Seen {
    std::uint32_t ledger = 0;
    std::optional<Error> chain_trouble;
  };
  static constexpr const char* kName = "chain-events";
  static constexpr bool kAsAdmin = false;

  std::unique_ptr<Worker> make(settler::ChainPort& chain) const {
    settler::ChainEventConfig config;
    config.start_ledger = static_cast<std::uint32_t>(context.settings.config.chain.start_ledger);
    config.poll_ms = context.settings.config.chain.poll_ms;
    return std::make_unique<Worker>(config, context.log, chain, context.clock);
  }
  static Result<void> start(Worker& worker) { return worker.start(); }
  static Seen look(const Worker& worker) { return {worker.seen().sequence, worker.trouble()}; }

  const RoleContext context;
};

struct Registering {
  using Worker = settler::CreatorRegistrar;
  struct Seen {
    std::optional<Error> chain_trouble;
  };
  static constexpr const char* kName = "registrar";
  static constexpr bool kAsAdmin = true;

  std::unique_ptr<Worker> make(settler::ChainPort& chain) const {
    return std::make_unique<Worker>(context.log, chain, context.clock);
  }
  static Result<void> start(Worker& /*worker*/) { return {}; }
  static Seen look(const Worker& worker) { return {worker.trouble()}; }

  const RoleContext context;
};

}  // namespace

struct SettleSide::Impl {
  explicit Impl(const RoleContext& given)
      : context(given),
        share("settler", context.partitions(RoleName::settle), [this](const auto& ours) { change(ours); }) {}

  struct Running {
    std::shared_ptr<ChainThread<Settling>> settling;
    std::shared_ptr<ChainThread<Reading>> reading;
    std::shared_ptr<ChainThread<Registering>> registering;
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
    next.settling->stop();
    const settler::SettlerStatus status = next.settling->seen();
    const std::lock_guard lock(mutex);
    add_counters(gone, status);
    running.settling.reset();
  }
  next.settling = ours.empty() ? nullptr
                               : std::make_shared<ChainThread<Settling>>(
                                     context, Settling{context, ours, &confirm_times});
  const bool reads = !ours.empty() && ours.front() == PartitionId{0};
  if (!reads && next.reading) {
    next.reading->stop();
    next.registering->stop();
    next.reading.reset();
    next.registering.reset();
  }
  if (reads && !next.reading) {
    next.reading = std::make_shared<ChainThread<Reading>>(context, Reading{context});
    next.registering = std::make_shared<ChainThread<Registering>>(context, Registering{context});
  }
  const std::lock_guard lock(mutex);
  running = std::move(next);
}

std::optional<Error> SettleSide::Impl::settling_trouble() const {
  if (auto trouble = share.trouble()) return trouble;
  const Running now = current();
  if (!now.settling) return std::nullopt;
  if (auto trouble = now.settling->trouble()) return trouble;
  if (context.alone && !now.settling->ready())
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
    return now.registering ? now.registering->trouble() : std::nullopt;
  });
  health.add("treasury", false, [this]() -> std::optional<Error> {
    const auto now = impl_->current();
    return now.settling ? now.settling->seen().treasury_trouble : std::nullopt;
  });
  const RoleSettings& settings = impl_->context.settings;
  if (!settings.development && settings.treasury &&
      settings.treasury->account() == settings.settler->account())
    spdlog::warn(
        "settler: the treasury is the settler's own account; who has its key can take what the treasury "
        "holds");
  impl_->context.metrics.add([this](metrics::Page& page) { collect(page); });
  return impl_->share.start();
}

void SettleSide::stop() { impl_->share.stop(); }

void SettleSide::collect(metrics::Page& page) const {
  const Impl::Running now = impl_->current();
  settler::SettlerStatus status = now.settling ? now.settling->seen() : settler::SettlerStatus{};
  {
    const std::lock_guard lock(impl_->mutex);
    add_counters(status, impl_->gone);
  }
  metrics::collect_settler(page, status, impl_->context.clock.now());
  page.set("paytick_settler_confirm_seconds", impl_->confirm_times);
  page.set("paytick_settler_chain_reachable", now.settling && now.settling->trouble() ? 0 : 1);
  if (!now.reading) return;
  page.set("paytick_chain_events_ledger", now.reading->seen().ledger);
  page.set("paytick_chain_events_reachable", now.reading->trouble() ? 0 : 1);
}

}  // namespace paytick::app
