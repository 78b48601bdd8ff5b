#include "app/up/database_side.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <thread>

#include "app/json.h"
#include "app/worker_thread.h"
#include "projections/history_queries.h"
#include "projections/postgres_database.h"
#include "projections/worker.h"

namespace paytick::app {
namespace {

using projections::HistoryQueries;

constexpr std::size_t kPageMax = 500;

ingest::HttpResponse refusal(unsigned status, std::string_view code, std::string_view message) {
  JsonObject json;
  json.begin("error");
  json.add("code", code);
  json.add("message", message);
  json.end();
  ingest::HttpResponse response;
  response.status = status;
  response.body = json.text();
  return response;
}

ingest::HttpResponse respond(const Result<std::string>& answer) {
  if (!answer) {
    const Error& error = answer.error();
    if (error.next == Next::refused) return refusal(400, error.code, error.message);
    ingest::HttpResponse response =
        refusal(503, "database_away", "the history cannot be read now; try again shortly");
    response.retry_after_s = 1;
    return response;
  }
  ingest::HttpResponse response;
  response.body = *answer + "\n";
  return response;
}

// ?limit= and ?cursor=; nothing when the limit is no number from 1 to kPageMax.
std::optional<HistoryQueries::Page> page_of(const ingest::HttpRequest& request) {
  HistoryQueries::Page page;
  page.cursor = ingest::query_param(request.query, "cursor").value_or("");
  if (const auto text = ingest::query_param(request.query, "limit")) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), page.limit);
    if (error != std::errc{} || end != text->data() + text->size() || page.limit < 1 || page.limit > kPageMax)
      return std::nullopt;
  }
  return page;
}

ingest::HttpResponse bad_limit() {
  return refusal(400, "bad_limit", "limit is a number from 1 to " + std::to_string(kPageMax));
}

// Billing comes first: history may be a second behind.
constexpr int kNice = 5;

projections::WorkerConfig all_partitions(const log::EventLog& log) {
  projections::WorkerConfig config;
  for (std::uint32_t p = 0; p < log.partitions(); ++p) config.partitions.push_back(PartitionId{p});
  return config;
}

}  // namespace

struct DatabaseSide::Impl {
  Impl(const std::string& url, log::EventLog& log, Random& random)
      : queries(url),
        database(url),
        worker(all_partitions(log), log, database, random),
        // An error that ends the projection does not end the billing: readiness says so, and the log keeps
        // everything for a replay.
        thread({.name = "projection",
                .start = [this] { return worker.start(); },
                .step = [this] { return worker.step(); },
                .idle = [this] { std::this_thread::sleep_for(worker.pause()); },
                .fatal = [](const Error&) {},
                .nice = kNice}) {}

  HistoryQueries queries;
  projections::PostgresDatabase database;
  projections::ProjectionWorker worker;
  WorkerThread thread;  // last: it uses all of the above
};

DatabaseSide::DatabaseSide(const std::string& url, log::EventLog& log, Random& random, Health& health)
    : impl_(std::make_unique<Impl>(url, log, random)) {
  health.add("database", false, [this] { return impl_->thread.trouble(); });
}

DatabaseSide::~DatabaseSide() = default;

void DatabaseSide::stop() { impl_->thread.stop(); }

void DatabaseSide::add_routes(ingest::HttpRoutes& routes, bool development) {
  routes.add("GET", "/api/account/history", ingest::RunOn::pool,
             [this, development](const ingest::HttpRequest& request) {
               if (!development) return refusal(401, "unauthorized", "log in to see your history");
               const auto text = ingest::query_param(request.query, "meter");
               const auto meter = text ? parse_id<MeterId>(*text) : std::nullopt;
               if (!meter) return refusal(400, "bad_meter", "name the meter: ?meter=C…");
               const auto page = page_of(request);
               return page ? respond(impl_->queries.account_history(*meter, *page)) : bad_limit();
             });
  routes.add("GET", "/api/creators/:wallet/earnings", ingest::RunOn::pool,
             [this](const ingest::HttpRequest& request) {
               const auto creator = parse_id<CreatorId>(request.params.at(0));
               if (!creator) return refusal(400, "bad_wallet", "the wallet is an account: G…");
               const auto page = page_of(request);
               return page ? respond(impl_->queries.creator_earnings(*creator, *page)) : bad_limit();
             });
}

std::string DatabaseSide::metrics(TimeMs now) const {
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
