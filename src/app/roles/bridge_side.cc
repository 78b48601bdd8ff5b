#include "app/roles/bridge_side.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>

#include "app/metrics/collectors.h"
#include "app/metrics/registry.h"
#include "app/roles/partition_share.h"
#include "app/worker_thread.h"
#include "ingest/bridge/bridge_worker.h"

namespace paytick::app {
namespace {

constexpr std::chrono::milliseconds kWait{10};

ingest::BridgeConfig config_of(const Config::Bridge& bridge, const PlatformId& platform) {
  ingest::BridgeConfig config;
  config.platform = platform;
  config.late_ms = bridge.late_minutes * 60'000;
  config.unknown_ms = bridge.unknown_ms;
  config.stop_ms = bridge.stop_ms;
  return config;
}

}  // namespace

struct BridgeSide::Impl {
  Impl(const RoleContext& given, const PlatformId& platform, const ingest::Catalog& catalog,
       const ingest::MeterDirectory& meters)
      : context(given),
        worker(config_of(given.settings.config.bridge, platform), given.log, given.clock, catalog, meters),
        share("bridge", given.partitions(RoleName::bridge), [this](const auto& ours) { change(ours); }) {}

  void change(const std::vector<PartitionId>& ours);
  std::optional<Error> trouble() const;

  const RoleContext context;
  ingest::BridgeWorker worker;
  mutable std::mutex mutex;
  std::unique_ptr<WorkerThread> thread;  // while partition 0 is ours
  PartitionShare share;                  // last: its thread uses the above
};

// One owner has all of heartbeats-in (bridge_worker.h): who has partition 0.
void BridgeSide::Impl::change(const std::vector<PartitionId>& ours) {
  const bool works = std::ranges::find(ours, PartitionId{0}) != ours.end();
  const std::lock_guard lock(mutex);
  if (works == (thread != nullptr)) return;
  if (!works) {
    thread->stop();
    thread.reset();
    worker.stand_by();
    spdlog::info("bridge: another instance works, this one stands by");
    return;
  }
  spdlog::info("bridge: works on heartbeats-in");
  thread = std::make_unique<WorkerThread>(WorkerThread::Work{.name = "bridge",
                                                             .start = [] { return Result<void>(); },
                                                             .step = [this] { return worker.step(); },
                                                             .idle = [this] { worker.wait(kWait); },
                                                             .fatal = context.fatal});
}

std::optional<Error> BridgeSide::Impl::trouble() const {
  if (auto trouble = share.trouble()) return trouble;
  const std::lock_guard lock(mutex);
  if (!thread) return std::nullopt;
  if (auto trouble = thread->trouble()) return trouble;
  if (!worker.stats().running) return Error{"restoring", "the bridge is being taken over", Next::retry};
  return std::nullopt;
}

BridgeSide::BridgeSide(const RoleContext& context, const PlatformId& platform, const ingest::Catalog& catalog,
                       const ingest::MeterDirectory& meters)
    : impl_(std::make_unique<Impl>(context, platform, catalog, meters)) {}

BridgeSide::~BridgeSide() { stop(); }

Result<void> BridgeSide::start() {
  // Sockets and HTTP go on without it: it does not make the gateway unready.
  impl_->context.health.add("bridge", false, [this] { return impl_->trouble(); });
  impl_->context.metrics.add(
      [this](metrics::Page& page) { metrics::collect_bridge(page, impl_->worker.stats()); });
  return impl_->share.start();
}

void BridgeSide::stop() { impl_->share.stop(); }

}  // namespace paytick::app
