#include "app/roles/settle_side.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

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

std::vector<PartitionId> all_partitions(const log::EventLog& log) {
  std::vector<PartitionId> all;
  for (std::uint32_t p = 0; p < log.partitions(); ++p) all.push_back(PartitionId{p});
  return all;
}

}  // namespace

struct SettleSide::Settling : Connected {
  explicit Settling(const RoleContext& context)
      : Connected(context),
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
      config.partitions = all_partitions(context_.log);
      config.policy = policy_of(context_.settings.config.settlement);
      worker_.emplace(config, context_.log, **chain, context_.clock, context_.random);
    }
    if (auto begun = worker_->start(); !begun) return begun;
    spdlog::info("settler took over {} partitions, {} of them from a snapshot", context_.log.partitions(),
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

  mutable std::mutex mutex_;
  settler::SettlerStatus status_;
  TroubleLog chain_log_{"settler"};
  std::optional<settler::SettlerWorker> worker_;
  WorkerThread thread_;  // last: it uses all of the above
};

struct SettleSide::Reading : Connected {
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

struct SettleSide::Registering : Connected {
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

SettleSide::SettleSide(const RoleContext& context)
    : settling_(std::make_unique<Settling>(context)),
      reading_(std::make_unique<Reading>(context)),
      registering_(std::make_unique<Registering>(context)) {
  Health& health = context.health;
  health.add("settlement", false, [this]() -> std::optional<Error> {
    if (auto trouble = settling_->thread_.trouble()) return trouble;
    return settling_->status().chain_trouble;
  });
  health.add("chain_events", false, [this]() -> std::optional<Error> {
    if (auto trouble = reading_->thread_.trouble()) return trouble;
    return reading_->trouble();
  });
  health.add("registrar", false, [this] { return registering_->thread_.trouble(); });
}

SettleSide::~SettleSide() { stop(); }

void SettleSide::stop() {
  registering_->thread_.stop();
  settling_->thread_.stop();
  reading_->thread_.stop();
}

std::uint32_t SettleSide::ledger_seen() const { return reading_->seen_; }

std::string SettleSide::metrics() const {
  const settler::SettlerStatus status = settling_->status();
  return fmt::format(
      "# HELP paytick_settled_units Paid on chain, smallest units.\n# TYPE paytick_settled_units gauge\n"
      "paytick_settled_units {}\n"
      "# HELP paytick_due_units Due, smallest units.\n# TYPE paytick_due_units gauge\npaytick_due_units {}\n"
      "# HELP paytick_settlements_total Settlement transactions by outcome, since the start.\n"
      "# TYPE paytick_settlements_total counter\n"
      "paytick_settlements_total{{outcome=\"confirmed\"}} {}\n"
      "paytick_settlements_total{{outcome=\"failed\"}} {}\n"
      "paytick_settlements_total{{outcome=\"expired\"}} {}\n"
      "# HELP paytick_settlements_in_flight Transactions whose end is not known yet.\n"
      "# TYPE paytick_settlements_in_flight gauge\npaytick_settlements_in_flight {}\n"
      "# HELP paytick_sums_parked Sums that an operator must look at.\n# TYPE paytick_sums_parked gauge\n"
      "paytick_sums_parked {}\n"
      "# HELP paytick_settler_snapshots_total Snapshots of what is owed, written since the start.\n"
      "# TYPE paytick_settler_snapshots_total counter\npaytick_settler_snapshots_total {}\n"
      "# HELP paytick_chain_ledger Newest ledger whose events are on the log.\n# TYPE paytick_chain_ledger "
      "gauge\n"
      "paytick_chain_ledger {}\n",
      status.settled.units(), status.due.units(), status.confirmed, status.failed, status.expired,
      status.in_flight, status.parked, status.snapshots, ledger_seen());
}

}  // namespace paytick::app
