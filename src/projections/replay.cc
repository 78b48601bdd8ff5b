#include "projections/replay.h"

#include "projections/postgres_database.h"
#include "projections/worker.h"

namespace paytick::projections {
namespace {

// Takes what is written, and keeps none of it.
class NoDatabase final : public Database {
 public:
  Result<Writer> acquire(std::span<const PartitionId> partitions, const OwnerId& owner) override {
    Writer writer{owner, {}};
    for (const PartitionId partition : partitions) writer.epochs.emplace_back(partition, 1);
    return writer;
  }
  Result<LoadedPartition> load(PartitionId) override { return LoadedPartition{}; }
  Result<void> write(const Writer&, const Changes&) override { return {}; }
};

Result<bool> prepare_shadow(const ReplayOptions& options) {
  return guarded([&] {
    auto connection = open_connection(options.database_url, kShadow);
    pqxx::work tx(*connection);
    if (options.start_over) tx.exec("DROP SCHEMA IF EXISTS " + tx.quote_name(kShadow) + " CASCADE");
    const bool resumed =
        !tx.exec_params("SELECT 1 FROM information_schema.schemata WHERE schema_name = $1", kShadow).empty();
    tx.commit();
    return resumed;
  });
}

// The writers of the old tables stay the writers: their next transaction finds other positions, and starts
// anew.
Result<void> swap_schemas(const std::string& url) {
  return guarded([&] {
    auto connection = open_connection(url, kSchema);
    pqxx::work tx(*connection);
    const std::string live = tx.quote_name(kSchema), shadow = tx.quote_name(kShadow),
                      old = tx.quote_name(kOld);
    tx.exec("CREATE SCHEMA IF NOT EXISTS " + live);
    if (!tx.exec("SELECT to_regclass('" + live + ".writers')")[0][0].is_null()) {
      // Nobody may be in the middle of a step.
      tx.exec("LOCK TABLE " + live + ".writers IN ACCESS EXCLUSIVE MODE");
      tx.exec("DELETE FROM " + shadow + ".writers");
      tx.exec("INSERT INTO " + shadow + ".writers SELECT * FROM " + live + ".writers");
    }
    tx.exec("DROP SCHEMA IF EXISTS " + old + " CASCADE");
    tx.exec("ALTER SCHEMA " + live + " RENAME TO " + old);
    tx.exec("ALTER SCHEMA " + shadow + " RENAME TO " + live);
    tx.exec("DROP SCHEMA " + old + " CASCADE");
    tx.commit();
  });
}

Result<std::uint64_t> records_left(log::EventLog& log, const ProjectionWorker& worker,
                                   const std::vector<PartitionId>& partitions) {
  std::uint64_t left = 0;
  for (const PartitionId partition : partitions)
    for (const Source source : {Source::ticks, Source::settlements, Source::catalog}) {
      const auto range = log.range({static_cast<log::Topic>(source), partition});
      if (!range) return tl::unexpected(range.error());
      const auto next = worker.position(partition, source).next;
      if (range->end > next)
        left += static_cast<std::uint64_t>(static_cast<std::int64_t>(range->end) -
                                           static_cast<std::int64_t>(next));
    }
  return left;
}

}  // namespace

Result<ReplayReport> replay(log::EventLog& log, Random& random, const ReplayOptions& options,
                            const std::function<bool(const ReplayProgress&)>& on_progress) {
  ReplayReport report;
  NoDatabase none;
  PostgresDatabase shadow(options.database_url, kShadow, options.outbox);
  Database& database = options.dry_run ? static_cast<Database&>(none) : shadow;
  if (!options.dry_run) {
    const auto resumed = prepare_shadow(options);
    if (!resumed) return tl::unexpected(resumed.error());
    report.resumed = *resumed;
  }

  WorkerConfig config;
  for (std::uint32_t p = 0; p < log.partitions(); ++p) {
    config.partitions.push_back(PartitionId{p});
    Bound bound;
    bound.as_of = options.until;
    config.bounds.push_back(bound);
  }
  config.step_bytes_max = options.step_bytes_max;
  ProjectionWorker worker(config, log, database, random);
  if (auto started = worker.start(); !started) return tl::unexpected(started.error());
  const auto total = records_left(log, worker, config.partitions);
  if (!total) return tl::unexpected(total.error());
  for (;;) {
    const auto more = worker.step();
    if (!more) return tl::unexpected(more.error());
    report.done = {worker.status().records, std::max(*total, worker.status().records), worker.status().rows};
    if (!on_progress(report.done))
      return fail("replay_interrupted", "what was rebuilt is kept; run `paytick replay` again to go on");
    if (!*more) break;
  }
  if (options.dry_run || options.until) return report;
  if (auto swapped = swap_schemas(options.database_url); !swapped) return tl::unexpected(swapped.error());
  report.swapped = true;
  return report;
}

}  // namespace paytick::projections
