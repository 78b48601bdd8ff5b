#include "app/roles/project_side.h"

#include <fmt/format.h>

#include <chrono>
#include <mutex>
#include <thread>

#include "app/roles/partition_share.h"
#include "app/worker_thread.h"
#include "projections/postgres_database.h"
#include "projections/worker.h"

namespace paytick::app {
namespace {

// Billing comes first: history may be a second behind.
constexpr int kNice = 5;

// The projection of one set of partitions.
struct Projecting {
  Projecting(const RoleContext& context, std::vector<PartitionId> partitions)
      : database(context.settings.config.database.url),
        worker({.partitions = std::move(partitions), .bounds = {}}, context.log, database, context.random),
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
      : context(given), share("projection", context.partitions(RoleName::project), [this](const auto& ours) {
          change(ours);
        }) {}

  void change(const std::vector<PartitionId>& ours);
  std::shared_ptr<Projecting> current() const {
    const std::lock_guard lock(mutex);
    return projecting;
  }
  std::optional<Error> trouble() const;

  const RoleContext context;
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
  auto next = std::make_shared<Projecting>(context, ours);
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
  impl_->context.health.add("database", impl_->context.alone, [this] { return impl_->trouble(); });
  return impl_->share.start();
}

void ProjectSide::stop() { impl_->share.stop(); }

std::string ProjectSide::metrics(TimeMs now) const {
  const auto running = impl_->current();
  projections::WorkerStatus status = running ? running->worker.status() : projections::WorkerStatus{};
  {
    const std::lock_guard lock(impl_->mutex);
    status.records += impl_->gone.records;
    status.rows += impl_->gone.rows;
    status.steps += impl_->gone.steps;
  }
  const double behind = status.as_of ? static_cast<double>(now.ms - status.as_of->ms) / 1'000 : 0;
  return fmt::format(
      "# HELP paytick_projection_records_total Records of the log read into PostgreSQL since the start.\n"
      "# TYPE paytick_projection_records_total counter\npaytick_projection_records_total {}\n"
      "# HELP paytick_projection_rows_total Rows written to PostgreSQL since the start.\n"
      "# TYPE paytick_projection_rows_total counter\npaytick_projection_rows_total {}\n"
      "# HELP paytick_projection_transactions_total Transactions committed.\n"
      "# TYPE paytick_projection_transactions_total counter\npaytick_projection_transactions_total {}\n"
      "# HELP paytick_projection_lag_records Records of the log not in PostgreSQL yet, at the last "
      "transaction.\n"
      "# TYPE paytick_projection_lag_records gauge\npaytick_projection_lag_records {}\n"
      "# HELP paytick_projection_behind_seconds Age of the oldest state of a partition that is behind.\n"
      "# TYPE paytick_projection_behind_seconds gauge\npaytick_projection_behind_seconds {:.3f}\n",
      status.records, status.rows, status.steps, status.lag_records, behind);
}

}  // namespace paytick::app
