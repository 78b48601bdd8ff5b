#include "app/roles/project_side.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "app/worker_thread.h"
#include "projections/postgres_database.h"
#include "projections/worker.h"

namespace paytick::app {
namespace {

// Billing comes first: history may be a second behind.
constexpr int kNice = 5;

projections::WorkerConfig all_partitions(const log::EventLog& log) {
  projections::WorkerConfig config;
  for (std::uint32_t p = 0; p < log.partitions(); ++p) config.partitions.push_back(PartitionId{p});
  return config;
}

}  // namespace

struct ProjectSide::Impl {
  Impl(const std::string& url, log::EventLog& log, Random& random)
      : database(url),
        worker(all_partitions(log), log, database, random),
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

ProjectSide::ProjectSide(const RoleContext& context)
    : impl_(std::make_unique<Impl>(context.settings.config.database.url, context.log, context.random)) {
  context.health.add("database", false, [this] { return impl_->thread.trouble(); });
}

ProjectSide::~ProjectSide() = default;

void ProjectSide::stop() { impl_->thread.stop(); }

std::string ProjectSide::metrics(TimeMs now) const {
  const auto status = impl_->worker.status();
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
