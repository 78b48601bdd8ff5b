#include "app/metrics/collectors.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

namespace paytick::app::metrics {
namespace {

Labels label_of(PartitionId partition) {
  return {{"partition", std::to_string(static_cast<std::uint32_t>(partition))}};
}

double seconds_between(TimeMs from, TimeMs to) {
  return static_cast<double>(std::max<std::int64_t>(to - from, 0)) / 1'000;
}

}  // namespace

void collect_gateway(Page& page, const ingest::GatewayStats& stats, std::int64_t connections_max) {
  const ingest::CoreCounters& c = stats.counters;
  page.set("paytick_gateway_connections", stats.connections);
  page.set("paytick_gateway_connections_max", connections_max);
  page.set("paytick_gateway_sockets", c.connected - c.disconnected);
  page.set("paytick_gateway_sockets_opened_total", c.connected);
  page.set("paytick_gateway_pings_total", c.pings);
  page.set("paytick_gateway_opens_total", c.opens);
  page.set("paytick_gateway_stops_total", c.stops);
  page.set("paytick_gateway_answers_total", c.ticks, {{"outcome", "paid"}});
  page.set("paytick_gateway_answers_total", c.halts, {{"outcome", "halted"}});
  page.set("paytick_gateway_answers_total", c.refused, {{"outcome", "refused"}});
  page.set("paytick_gateway_batch_lines_total", c.batch_accepted, {{"outcome", "accepted"}});
  page.set("paytick_gateway_batch_lines_total", c.batch_refused, {{"outcome", "refused"}});
  page.set("paytick_gateway_received_bytes_total", c.bytes_in);
  page.set("paytick_gateway_sent_bytes_total", c.bytes_out);
  page.set("paytick_gateway_refused_visits_total", stats.refused_visits);
  page.set("paytick_gateway_handshakes_given_way_total", stats.given_way);
  page.set("paytick_gateway_freezes_total", c.freezes);
  page.set("paytick_gateway_cpu_seconds_total", stats.cpu_s);
  page.set("paytick_gateway_sessions", stats.sessions);
  page.set("paytick_gateway_contents", stats.contents);
  page.set("paytick_gateway_meters", stats.meters);
  std::vector<double> bounds;
  std::ranges::transform(ingest::kAnswerMsEdges, std::back_inserter(bounds),
                         [](std::int64_t ms) { return static_cast<double>(ms) / 1'000; });
  page.set_histogram("paytick_gateway_answer_seconds", bounds, c.answer_ms,
                     static_cast<double>(c.answer_ms_sum) / 1'000);
}

void collect_bridge(Page& page, const ingest::BridgeStats& stats) {
  std::uint64_t refused = 0;
  for (const auto& [code, n] : stats.refused) {
    refused += n;
    page.set("paytick_bridge_refused_total", n, {{"code", code}});
  }
  page.set("paytick_bridge_running", stats.running ? 1 : 0);
  page.set("paytick_bridge_records_total", stats.records);
  page.set("paytick_bridge_lines_total", stats.opens + stats.heartbeats + stats.stops,
           {{"outcome", "forwarded"}});
  page.set("paytick_bridge_lines_total", refused, {{"outcome", "refused"}});
  page.set("paytick_bridge_lines_total", stats.repeated, {{"outcome", "repeated"}});
  page.set("paytick_bridge_waited_total", stats.waited);
  page.set("paytick_bridge_waiting", stats.waiting);
  page.set("paytick_bridge_attachments", stats.attachments);
  if (!stats.running) return;
  for (std::size_t p = 0; p < stats.lag.size(); ++p)
    page.set("paytick_bridge_lag_records", stats.lag[p], {{"partition", std::to_string(p)}});
}

void collect_aggregator(Page& page, const std::map<PartitionId, aggregator::Runner::Totals>& totals,
                        const std::vector<aggregator::PartitionStatus>& partitions,
                        const std::map<PartitionId, std::uint64_t>& lags, TimeMs now) {
  for (const auto& [partition, counted] : totals) {
    const Labels labels = label_of(partition);
    const auto& [work, fold] = counted;
    page.set("paytick_aggregator_takeovers_total", work.takeovers, labels);
    page.set("paytick_aggregator_replayed_records_total", work.replayed, labels);
    page.set("paytick_aggregator_records_total", work.records, labels);
    page.set("paytick_aggregator_input_bytes_total", work.bytes_in, labels);
    page.set("paytick_aggregator_output_bytes_total", work.bytes_out, labels);
    page.set("paytick_aggregator_snapshots_total", work.snapshots, labels);
    page.set("paytick_fold_inputs_total", fold.inputs, labels);
    page.set("paytick_fold_ticks_total", fold.ticks, labels);
    page.set("paytick_fold_duplicates_total", fold.duplicates, labels);
    page.set("paytick_fold_late_total", fold.late, labels);
    page.set("paytick_fold_rejected_total", fold.rejected, labels);
    page.set("paytick_fold_halts_total", fold.halts, labels);
    page.set("paytick_fold_sessions_opened_total", fold.opened, labels);
    page.set("paytick_fold_sessions_closed_total", fold.closed, labels);
  }
  for (const aggregator::PartitionStatus& status : partitions) {
    const Labels labels = label_of(status.partition);
    page.set("paytick_aggregator_partition_running", status.ready ? 1 : 0, labels);
    page.set("paytick_aggregator_partition_failed", status.failed ? 1 : 0, labels);
    if (!status.ready) continue;
    page.set("paytick_aggregator_position", static_cast<std::int64_t>(status.next), labels);
    page.set("paytick_aggregator_behind_seconds", seconds_between(status.time, now), labels);
  }
  for (const auto& [partition, lag] : lags)
    page.set("paytick_aggregator_lag_records", lag, label_of(partition));
}

void collect_settler(Page& page, const settler::SettlerStatus& status, TimeMs now) {
  page.set("paytick_settler_due_units", status.due.units());
  page.set("paytick_settler_settled_units", status.settled.units());
  page.set("paytick_settler_settlements_total", status.confirmed, {{"outcome", "confirmed"}});
  page.set("paytick_settler_settlements_total", status.failed, {{"outcome", "failed"}});
  page.set("paytick_settler_settlements_total", status.expired, {{"outcome", "expired"}});
  page.set("paytick_settler_in_flight", status.in_flight);
  page.set("paytick_settler_parked_sums", status.parked);
  page.set("paytick_settler_credits_ordered_units", status.credits_ordered.units());
  page.set("paytick_settler_credits_paid_units", status.credits_paid.units());
  page.set("paytick_settler_credits_waiting", status.credits_waiting);
  page.set("paytick_settler_credits_parked", status.credits_parked);
  page.set("paytick_settler_refunds_waiting", status.refunds_waiting);
  const std::int64_t waited_ms = status.refund_oldest ? now - *status.refund_oldest : 0;
  page.set("paytick_settler_refund_wait_seconds", std::max<std::int64_t>(waited_ms, 0) / 1'000);
  if (status.treasury) page.set("paytick_settler_treasury_units", status.treasury->units());
  page.set("paytick_settler_snapshots_total", status.snapshots);
}

void collect_projection(Page& page, const projections::WorkerStatus& status, TimeMs now) {
  page.set("paytick_projection_records_total", status.records);
  page.set("paytick_projection_rows_total", status.rows);
  page.set("paytick_projection_transactions_total", status.steps);
  page.set("paytick_projection_lag_records", status.lag_records);
  page.set("paytick_projection_behind_seconds", status.as_of ? seconds_between(*status.as_of, now) : 0.0);
}

void collect_webhooks(Page& page, const push::SenderStatus& status, TimeMs now) {
  page.set("paytick_webhook_attempts_total", status.delivered, {{"outcome", "delivered"}});
  page.set("paytick_webhook_attempts_total", status.failed, {{"outcome", "failed"}});
  page.set("paytick_webhook_given_up_total", status.given_up);
  std::int64_t waiting = 0, dead = 0, oldest = now.ms;
  for (const push::WebhookCounts& of : status.counts) {
    waiting += of.waiting;
    dead += of.dead;
    if (of.oldest_ms > 0) oldest = std::min(oldest, of.oldest_ms);
  }
  page.set("paytick_webhook_waiting", waiting);
  page.set("paytick_webhook_dead", dead);
  page.set("paytick_webhook_behind_seconds", static_cast<double>(now.ms - oldest) / 1'000);
}

void collect_kafka(Page& page, const log::KafkaCounters& counters) {
  page.set("paytick_kafka_reachable", counters.reachable ? 1 : 0);
  page.set("paytick_kafka_topic_lost", counters.topic_lost ? 1 : 0);
  page.set("paytick_kafka_in_doubt_total", counters.in_doubt);
  page.set("paytick_kafka_fenced_total", counters.fenced);
  page.set("paytick_kafka_aborted_total", counters.aborted);
  page.set("paytick_kafka_append_failures_total", counters.append_failures);
  page.set("paytick_kafka_reconnects_total", counters.reconnects);
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
