#include "app/up/system.h"

#include <chrono>

#include "app/metrics/collectors.h"

namespace paytick::app {

System::~System() {
  metrics_.clear();
  relay_.attach(nullptr);
  if (aggregate_) aggregate_->stop();
}

Result<std::unique_ptr<System>> System::start(RoleSettings settings, std::function<bool()> stop_asked) {
  std::unique_ptr<System> system(new System(std::move(settings)));
  System& my = *system;
  if (auto done = my.start_log(); !done) return tl::unexpected(done.error());
  const RoleContext context{
      my.settings_,
      *my.observed_log_,
      my.clock_,
      my.random_,
      my.health_,
      my.metrics_,
      [&my](const Error& error) { my.failed(error); },
      [&my](RoleName) { return std::make_unique<log::AllPartitions>(my.log_->partitions()); },
      false,
      std::move(stop_asked)};
  if (auto done = my.start_roles(context); !done) return tl::unexpected(done.error());
  return system;
}

Result<void> System::start_log() {
  log::EmbeddedOptions options;
  options.folder = settings_.config.data / "log";
  options.partitions = static_cast<std::uint32_t>(settings_.config.log.partitions);
  options.bytes_max = static_cast<std::uint64_t>(settings_.config.log.bytes_max);
  auto opened = log::EmbeddedLog::open(options);
  if (!opened) return tl::unexpected(opened.error());
  log_ = std::move(*opened);
  observed_log_ = std::make_unique<metrics::ObservedLog>(*log_);
  metrics_.add([this](metrics::Page& page) {
    health_.collect(page);
    observed_log_->collect(page);
    metrics::collect_embedded_log(page, log_->metrics());
  });
  health_.add("log", true, [this]() -> std::optional<Error> {
    const auto metrics = log_->metrics();
    if (metrics.broken) return Error{"log_io", "the log's storage has failed; restart paytick", Next::fatal};
    if (metrics.full)
      return Error{"log_full", "the disk or log.bytes_max is full; free some space", Next::retry};
    return std::nullopt;
  });
  return {};
}

// The aggregator first: it has restored what the gateway must know. The chain and the database need not be
// there.
Result<void> System::start_roles(const RoleContext& context) {
  aggregate_ = std::make_unique<AggregateSide>(
      context, relay_, [this](PartitionId partition, const aggregator::Fold& fold, Offset position) {
        relay_.restored(partition, fold, position);
      });
  if (auto done = aggregate_->start(); !done) return done;
  if (auto done = aggregate_->await_ready(); !done) return done;
  settle_ = std::make_unique<SettleSide>(context);
  if (auto done = settle_->start(); !done) return done;
  project_ = std::make_unique<ProjectSide>(context);
  if (auto done = project_->start(); !done) return done;

  auto identity = next_identity(settings_.config.data / "gateway.json", random_, clock_.now());
  if (!identity) return tl::unexpected(identity.error());
  if (settings_.resume_key) identity->resume_key = *settings_.resume_key;
  const RestoredSessions restored{relay_.restored_positions(log_->partitions()),
                                  [this](ingest::Gateway& gateway) { relay_.hand_over(gateway); }};
  auto ingest = IngestSide::create(context, *identity, restored);
  if (!ingest) return tl::unexpected(ingest.error());
  ingest_ = std::move(*ingest);
  relay_.attach(&ingest_->gateway());
  return ingest_->start();
}

void System::failed(const Error& error) {
  const std::lock_guard lock(failure_mutex_);
  if (!failure_) failure_ = error;
}

std::optional<Error> System::failure() const {
  const std::lock_guard lock(failure_mutex_);
  return failure_;
}

void System::drain() {
  health_.set_draining();
  ingest_->drain(std::chrono::seconds(10));
  // What the closing sockets have written is folded before the process ends, so that a restart has little to
  // do.
  aggregate_->catch_up(std::chrono::seconds(5));
  aggregate_->stop();
  settle_->stop();
  project_->stop();
}

}  // namespace paytick::app
