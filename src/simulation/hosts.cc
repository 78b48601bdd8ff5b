#include "simulation/hosts.h"

namespace paytick::simulation {
namespace {

std::vector<PartitionId> all_partitions() {
  std::vector<PartitionId> out;
  for (std::uint32_t p = 0; p < kPartitions; ++p) out.push_back(PartitionId{p});
  return out;
}

}  // namespace

Hosts::Hosts(Bug bug, SeededRandom& random, VirtualClock& clock, SimulatedChain& chain, Faults& faults)
    : bug_(bug), random_(random), clock_(clock), chain_(chain), faults_(faults) {
  restart(log::MemoryImage(kPartitions));
}

Hosts::~Hosts() = default;

void Hosts::restart(log::MemoryImage image) {
  gateway_.kill();
  for (auto& owner : aggregators_)
    for (auto& worker : owner) worker.reset();
  for (auto& host : settlers_) host.worker.reset();
  for (auto& host : readers_) host.worker.reset();
  for (auto& host : projections_) host.worker.reset();
  if (faulty_) snapshots_loaded_ += faulty_->snapshots_loaded();
  faulty_.reset();
  log_ = std::make_unique<log::MemoryLog>(
      log::MemoryOptions{.partitions = kPartitions, .wait_blocks = false, .markers = true}, std::move(image));
  log_->set_fault_source([this](log::Write kind) { return faults_.log(kind); });
  faulty_ = std::make_unique<FaultyLog>(*log_, bug_);
}

void Hosts::crash() {
  log_->crash();
  restart(log_->image());
}

void Hosts::failed(const Error& error, const char* who) {
  faults_.note(std::string(who) + " met " + error.code);
  if (log_->crashed()) return restart(log_->image());
  if (error.next == Next::fatal && !stopped_)
    stopped_ = std::string(who) + ": " + error.code + ": " + error.message;
}

bool Hosts::step_aggregator(std::size_t owner, std::uint32_t partition) {
  auto& worker = aggregators_[owner][partition];
  if (!worker) {
    aggregator::WorkerConfig config;
    config.partition = PartitionId{partition};
    config.snapshot_every_records = 6;
    worker = std::make_unique<aggregator::PartitionWorker>(config, *faulty_, random_, gateway_);
  }
  const auto done = worker->step();
  if (done) return *done == aggregator::StepResult::worked;
  failed(done.error(), "aggregator");
  return true;
}

// The gateway starts when every partition is folded again, as in the app.
bool Hosts::step_gateway() {
  if (gateway_.up()) {
    const auto done = gateway_.step(*faulty_);
    if (done) return *done;
    failed(done.error(), "gateway");
    return true;
  }
  GatewayHost::Restored restored;
  for (std::uint32_t p = 0; p < kPartitions; ++p) {
    const auto& worker = aggregators_[0][p];
    if (!worker || !worker->is_running()) return step_aggregator(0, p);
    for (auto& meter : worker->fold()->meters()) restored.meters.push_back(meter);
    for (auto& attachment : worker->fold()->attachments()) restored.attachments.push_back(attachment);
    restored.positions.push_back(worker->next());
  }
  if (const auto begun = gateway_.start(*faulty_, restored); !begun) failed(begun.error(), "gateway");
  return true;
}

// The settler and the projection are driven alike: start() after what is not a retry, and step() else.
template <typename Worker>
bool Hosts::step(Started<Worker>& host, const char* who) {
  if (!host.started) {
    const auto begun = host.worker->start();
    host.started = begun.has_value();
    if (!begun) failed(begun.error(), who);
    if constexpr (std::is_same_v<Worker, settler::SettlerWorker>)
      if (begun) settlers_restored_ += host.worker->status().restored;
    return true;
  }
  const auto done = host.worker->step();
  if (done) return *done;
  if (done.error().next == Next::abort || done.error().next == Next::fatal) host.started = false;
  if constexpr (std::is_same_v<Worker, settler::SettlerWorker>)
    if (done.error().next == Next::in_doubt) host.started = false;
  failed(done.error(), who);
  return true;
}

bool Hosts::step_settler(std::size_t owner) {
  auto& host = settlers_[owner];
  if (!host.worker) {
    settler::SettlerConfig config;
    config.partitions = all_partitions();
    config.policy.threshold = Amount(1);
    config.policy.max_age_ms = 1'000;
    config.policy.failures_max = 1'000'000;
    config.snapshot_every_bytes = 4'096;
    host = {std::make_unique<settler::SettlerWorker>(config, *faulty_, chain_, clock_, random_), false};
  }
  return step(host, "settler");
}

bool Hosts::step_reader(std::size_t owner) {
  auto& host = readers_[owner];
  if (!host.worker) {
    settler::ChainEventConfig config;
    config.poll_ms = 0;
    host = {std::make_unique<settler::ChainEventReader>(config, *faulty_, chain_, clock_), false};
  }
  return step(host, "chain events");
}

bool Hosts::step_projection(std::size_t owner) {
  auto& host = projections_[owner];
  if (!host.worker) {
    projections::WorkerConfig config;
    config.partitions = all_partitions();
    host = {std::make_unique<projections::ProjectionWorker>(config, *faulty_, faulty_database_, random_),
            false};
  }
  return step(host, "projection");
}

}  // namespace paytick::simulation
