#include "app/roles/project_side.h"

#include <chrono>
#include <mutex>
#include <thread>

#include "app/metrics/collectors.h"
#include "app/roles/partition_share.h"
#include "app/roles/push_side.h"
#include "app/webhook_config.h"
#include "app/worker_thread.h"
#include "projections/postgres_database.h"
#include "projections/worker.h"

namespace paytick::app {
namespace {

// Billing comes first: history may be a second behind.
constexpr int kNice = 5;

// The projection of one set of partitions.
struct Projecting {
  Projecting(const RoleContext& context, const projections::OutboxSettings& outbox,
             std::vector<PartitionId> partitions, metrics::Times& times)
      : database(context.settings.config.database.url, projections::kSchema, outbox),
        worker({.partitions = std::move(partitions),
                .bounds = {},
                .on_written = [&times](std::chrono::nanoseconds time) { times.add(time); }},
               context.log, database, context.random),
        // An error that ends the projection does not end the billing: readiness says so, and the log keeps
        // everything for a replay.
        thread({.name = "projection",
                .start = [this] { return worker.start(); },
                .step = [this] { return worker.step(); },
                .idle = [this] { std::this_thread::sleep_for(worker.pause()); },
                .fatal = [](const Error&) {},
                .nice = kNice}) {}

  projections::PostgresDatabase database;
  projections::ProjectionWorker worker;
  WorkerThread thread;  // last: it uses all of the above
};

}  // namespace

struct ProjectSide::Impl {
  explicit Impl(const RoleContext& given)
      : context(given),
        push(given),
        share("projection", context.partitions(RoleName::project),
              [this](const auto& ours) { change(ours); }) {}

  void change(const std::vector<PartitionId>& ours);
  std::shared_ptr<Projecting> current() const {
    const std::lock_guard lock(mutex);
    return projecting;
  }
  std::optional<Error> trouble() const;

  const RoleContext context;
  projections::OutboxSettings outbox;
  PushSide push;
  metrics::Times transaction_times{metrics::kWriteSeconds};
  mutable std::mutex mutex;
  std::shared_ptr<Projecting> projecting;
  projections::WorkerStatus gone;  // counters of the sets before
  PartitionShare share;            // last: its thread uses the above
};

void ProjectSide::Impl::change(const std::vector<PartitionId>& ours) {
  if (const auto before = current()) {
    before->thread.stop();
    const auto status = before->worker.status();
    const std::lock_guard lock(mutex);
    gone.records += status.records;
    gone.rows += status.rows;
    gone.steps += status.steps;
    projecting.reset();
  }
  if (ours.empty()) return;
  auto next = std::make_shared<Projecting>(context, outbox, ours, transaction_times);
  const std::lock_guard lock(mutex);
  projecting = std::move(next);
}

std::optional<Error> ProjectSide::Impl::trouble() const {
  if (auto trouble = share.trouble()) return trouble;
  const auto running = current();
  if (!running) return std::nullopt;
  if (auto trouble = running->thread.trouble()) return trouble;
  if (context.alone && !running->thread.ready())
    return Error{"restoring", "partitions are being taken over", Next::retry};
  return std::nullopt;
}

ProjectSide::ProjectSide(const RoleContext& context) : impl_(std::make_unique<Impl>(context)) {}

ProjectSide::~ProjectSide() { stop(); }

Result<void> ProjectSide::start() {
  auto outbox = outbox_settings(impl_->context.settings.config);
  if (!outbox) return tl::unexpected(outbox.error());
  impl_->outbox = std::move(*outbox);
  if (auto done = impl_->push.start(); !done) return done;
  impl_->context.health.add("database", impl_->context.alone, [this] { return impl_->trouble(); });
  impl_->context.metrics.add([this](metrics::Page& page) { collect(page); });
  return impl_->share.start();
}

void ProjectSide::stop() {
  impl_->push.stop();
  impl_->share.stop();
}

void ProjectSide::collect(metrics::Page& page) const {
  const auto running = impl_->current();
  projections::WorkerStatus status = running ? running->worker.status() : projections::WorkerStatus{};
  {
    const std::lock_guard lock(impl_->mutex);
    status.records += impl_->gone.records;
    status.rows += impl_->gone.rows;
    status.steps += impl_->gone.steps;
  }
  metrics::collect_projection(page, status, impl_->context.clock.now());
  page.set("paytick_projection_database_reachable", running && running->thread.trouble() ? 0 : 1);
  page.set("paytick_projection_transaction_seconds", impl_->transaction_times);
}

}  // namespace paytick::app
