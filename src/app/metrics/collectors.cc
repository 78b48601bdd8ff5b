#include "app/metrics/collectors.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace paytick::app::metrics {

void collect_gateway(Page& page, const ingest::GatewayStats& stats, std::int64_t connections_max) {
  const ingest::CoreCounters& c = stats.counters;
  page.set("paytick_gateway_connections", stats.connections);
  page.set("paytick_gateway_connections_max", connections_max);
  page.set("paytick_gateway_pings_total", c.pings);
  page.set("paytick_gateway_opens_total", c.opens);
  page.set("paytick_gateway_stops_total", c.stops);
  page.set("paytick_gateway_answers_total", c.ticks, {{"outcome", "paid"}});
  page.set("paytick_gateway_answers_total", c.halts, {{"outcome", "halted"}});
  page.set("paytick_gateway_answers_total", c.refused, {{"outcome", "refused"}});
  page.set("paytick_gateway_batch_lines_total", c.batch_accepted, {{"outcome", "accepted"}});
  page.set("paytick_gateway_batch_lines_total", c.batch_refused, {{"outcome", "refused"}});
  page.set("paytick_gateway_sessions", stats.sessions);
  page.set("paytick_gateway_contents", stats.contents);
  page.set("paytick_gateway_meters", stats.meters);
  std::vector<double> bounds;
  std::ranges::transform(ingest::kAnswerMsEdges, std::back_inserter(bounds),
                         [](std::int64_t ms) { return static_cast<double>(ms) / 1'000; });
  page.set_histogram("paytick_gateway_answer_seconds", bounds, c.answer_ms,
                     static_cast<double>(c.answer_ms_sum) / 1'000);
}

void collect_settler(Page& page, const settler::SettlerStatus& status) {
  page.set("paytick_settler_due_units", status.due.units());
  page.set("paytick_settler_settled_units", status.settled.units());
  page.set("paytick_settler_settlements_total", status.confirmed, {{"outcome", "confirmed"}});
  page.set("paytick_settler_settlements_total", status.failed, {{"outcome", "failed"}});
  page.set("paytick_settler_settlements_total", status.expired, {{"outcome", "expired"}});
  page.set("paytick_settler_in_flight", status.in_flight);
  page.set("paytick_settler_parked_sums", status.parked);
  page.set("paytick_settler_snapshots_total", status.snapshots);
  page.set("paytick_settler_chain_reachable", status.chain_trouble ? 0 : 1);
}

void collect_projection(Page& page, const projections::WorkerStatus& status, TimeMs now) {
  page.set("paytick_projection_records_total", status.records);
  page.set("paytick_projection_rows_total", status.rows);
  page.set("paytick_projection_transactions_total", status.steps);
  page.set("paytick_projection_lag_records", status.lag_records);
  page.set("paytick_projection_behind_seconds",
           status.as_of ? static_cast<double>(std::max<std::int64_t>(now - *status.as_of, 0)) / 1'000 : 0.0);
  page.set("paytick_projection_database_reachable", status.trouble ? 0 : 1);
}

void collect_embedded_log(Page& page, const log::EmbeddedLog::Metrics& log) {
  page.set("paytick_log_syncs_total", log.groups);
  page.set("paytick_log_waiting_writes", log.waiting);
  page.set("paytick_log_memory_bytes", log.memory);
  page.set("paytick_log_disk_bytes", log.on_disk);
  page.set("paytick_log_full", log.full ? 1 : 0);
  page.set("paytick_log_broken", log.broken ? 1 : 0);
}

}  // namespace paytick::app::metrics
