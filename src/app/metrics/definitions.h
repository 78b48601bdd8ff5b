#pragma once
// Every metric of paytick: what it is called, what it counts, and who exposes it. The only list there is:
// docs/metrics.md is made of it, a page (page.h) refuses at compile time what is not in it, and alerts and
// dashboards may name nothing else (tests/checks).
//
// Names follow Prometheus: base units in the name, `_total` for counters. Labels have few values, known
// beforehand: partition, role, outcome, topic, part. Never a viewer, session or content.

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

namespace paytick::app::metrics {

enum class Type : std::uint8_t { counter, gauge, histogram };

// Who exposes it. `up` is every role in one process.
enum class Where : std::uint8_t {
  everywhere,
  ingest,
  aggregate,
  settle,
  project,
  embedded_log,
  kafka_log,
  kafka_ingest,
  kafka_aggregate
};

struct Definition {
  std::string_view name;
  Type type;
  Where where;
  std::string_view unit;
  std::string_view labels;  // separated by commas
  std::string_view help;    // one sentence
};

inline constexpr Definition kDefinitions[] = {
    // The process.
    {"paytick_build_info", Type::gauge, Where::everywhere, "1", "version,role",
     "1; its labels say what runs here."},
    {"paytick_ready", Type::gauge, Where::everywhere, "0 or 1", "",
     "1 while /readyz answers 200, so while everything that billing needs is there."},
    {"paytick_part_ready", Type::gauge, Where::everywhere, "0 or 1", "part",
     "1 while this part of the process is well; /readyz says what is wrong with it."},
    {"process_cpu_seconds_total", Type::counter, Where::everywhere, "seconds", "",
     "Processor time used, user and system."},
    {"process_resident_memory_bytes", Type::gauge, Where::everywhere, "bytes", "", "Resident memory."},
    {"process_virtual_memory_bytes", Type::gauge, Where::everywhere, "bytes", "", "Address space."},
    {"process_open_fds", Type::gauge, Where::everywhere, "files", "", "Open files, sockets among them."},
    {"process_max_fds", Type::gauge, Where::everywhere, "files", "", "The most that may be open."},
    {"process_threads", Type::gauge, Where::everywhere, "threads", "", "Threads."},
    {"process_start_time_seconds", Type::gauge, Where::everywhere, "seconds", "",
     "When the process started, since the epoch."},

    // The log, as every role sees it.
    {"paytick_log_partitions", Type::gauge, Where::everywhere, "partitions", "",
     "Partitions of the log: each needs one owner a role."},
    {"paytick_log_commits_total", Type::counter, Where::everywhere, "steps", "role,outcome",
     "Steps with their position, by how the commit ended: done, fenced (another owner has taken over), "
     "aborted, in_doubt (read back before anything else), retry (nothing was written), failed."},
    {"paytick_log_commit_seconds", Type::histogram, Where::everywhere, "seconds", "role",
     "Time of a commit that was done, until it is durable."},
    {"paytick_log_appends_total", Type::counter, Where::everywhere, "appends", "outcome",
     "Appends that are no step (gateway, clock, chain events), by how they ended; as for commits."},
    {"paytick_log_append_seconds", Type::histogram, Where::everywhere, "seconds", "",
     "Time of an append that was done, until it is durable."},
    {"paytick_log_takeovers_total", Type::counter, Where::everywhere, "takeovers", "role",
     "Leases taken: each fences the owner before it."},
    {"paytick_log_written_records_total", Type::counter, Where::everywhere, "records", "topic",
     "Records written and acknowledged."},
    {"paytick_log_written_bytes_total", Type::counter, Where::everywhere, "bytes", "topic",
     "Bytes of their values."},
    {"paytick_log_read_records_total", Type::counter, Where::everywhere, "records", "topic", "Records read."},
    {"paytick_log_read_bytes_total", Type::counter, Where::everywhere, "bytes", "topic",
     "Bytes of their values."},
    {"paytick_log_errors_total", Type::counter, Where::everywhere, "calls", "outcome",
     "Other calls of the log (reads, positions, ends, leases) that failed; outcomes as for commits."},

    // The embedded log.
    {"paytick_log_syncs_total", Type::counter, Where::embedded_log, "syncs", "",
     "Syncs to disk; several writes share one."},
    {"paytick_log_waiting_writes", Type::gauge, Where::embedded_log, "writes", "",
     "Writes that are not acknowledged yet."},
    {"paytick_log_memory_bytes", Type::gauge, Where::embedded_log, "bytes", "", "Buffers and caches."},
    {"paytick_log_disk_bytes", Type::gauge, Where::embedded_log, "bytes", "", "Size of the log's folder."},
    {"paytick_log_full", Type::gauge, Where::embedded_log, "0 or 1", "",
     "1 while the log refuses for want of space."},
    {"paytick_log_broken", Type::gauge, Where::embedded_log, "0 or 1", "",
     "1 once the storage has failed: until a restart nothing is written."},

    // Kafka.
    {"paytick_kafka_reachable", Type::gauge, Where::kafka_log, "0 or 1", "",
     "1 while brokers answer, and within two seconds."},
    {"paytick_kafka_topic_lost", Type::gauge, Where::kafka_log, "0 or 1", "",
     "1 while a topic is gone, or is another one than when the role started."},
    {"paytick_kafka_in_doubt_total", Type::counter, Where::kafka_log, "transactions", "",
     "Transactions whose end was not known; each was read back."},
    {"paytick_kafka_fenced_total", Type::counter, Where::kafka_log, "producers", "",
     "Producers that the broker refused because another owner has taken over."},
    {"paytick_kafka_aborted_total", Type::counter, Where::kafka_log, "transactions", "",
     "Transactions given up, and known to be."},
    {"paytick_kafka_append_failures_total", Type::counter, Where::kafka_log, "appends", "",
     "Appends that the broker did not take in time."},
    {"paytick_kafka_reconnects_total", Type::counter, Where::kafka_log, "readers", "",
     "Readers that had to begin again."},

    {"paytick_gateway_replies_total", Type::counter, Where::kafka_ingest, "replies", "",
     "Replies of the fold that reached this gateway from aggregators elsewhere."},
    {"paytick_bridge_running", Type::gauge, Where::kafka_ingest, "0 or 1", "",
     "1 on the instance that bridges heartbeats-in; the others stand by."},
    {"paytick_bridge_records_total", Type::counter, Where::kafka_ingest, "records", "",
     "Records of heartbeats-in worked through."},
    {"paytick_bridge_lines_total", Type::counter, Where::kafka_ingest, "lines", "outcome",
     "Lines of heartbeats-in: forwarded, refused (on record in `refusals`), repeated (a stop that was on the "
     "log already)."},
    {"paytick_bridge_refused_total", Type::counter, Where::kafka_ingest, "lines", "code",
     "Lines and records refused, by code (errors.md)."},
    {"paytick_bridge_waited_total", Type::counter, Where::kafka_ingest, "lines", "",
     "Lines that could not be decided at once."},
    {"paytick_bridge_waiting", Type::gauge, Where::kafka_ingest, "lines", "",
     "Lines that are not decided yet."},
    {"paytick_bridge_attachments", Type::gauge, Where::kafka_ingest, "attachments", "",
     "Attachments that the bridge knows."},
    {"paytick_bridge_lag_records", Type::gauge, Where::kafka_ingest, "records", "partition",
     "Records of heartbeats-in that are not worked through."},
    {"paytick_aggregator_replies_total", Type::counter, Where::kafka_aggregate, "replies", "outcome",
     "Replies for gateways elsewhere: published, or dropped because the log did not take them in time."},

    // The gateway.
    {"paytick_gateway_connections", Type::gauge, Where::ingest, "connections", "",
     "Open connections, WebSocket and HTTP."},
    {"paytick_gateway_connections_max", Type::gauge, Where::ingest, "connections", "",
     "More are refused (gateway.connections_max)."},
    {"paytick_gateway_sockets", Type::gauge, Where::ingest, "sockets", "", "Open WebSocket connections."},
    {"paytick_gateway_sockets_opened_total", Type::counter, Where::ingest, "sockets", "",
     "WebSocket connections opened."},
    {"paytick_gateway_pings_total", Type::counter, Where::ingest, "messages", "",
     "Messages received on sockets."},
    {"paytick_gateway_opens_total", Type::counter, Where::ingest, "attachments", "",
     "Attachments opened by sockets."},
    {"paytick_gateway_stops_total", Type::counter, Where::ingest, "attachments", "",
     "Attachments stopped by sockets."},
    {"paytick_gateway_answers_total", Type::counter, Where::ingest, "messages", "outcome",
     "Answers on sockets: paid, halted (nothing more is bought), refused (an error)."},
    {"paytick_gateway_answer_seconds", Type::histogram, Where::ingest, "seconds", "",
     "From a ping to its answer with the new balance."},
    {"paytick_gateway_received_bytes_total", Type::counter, Where::ingest, "bytes", "",
     "Payload of the messages received on sockets."},
    {"paytick_gateway_sent_bytes_total", Type::counter, Where::ingest, "bytes", "",
     "Payload of the messages sent on sockets."},
    {"paytick_gateway_batch_lines_total", Type::counter, Where::ingest, "lines", "outcome",
     "Lines over HTTP: accepted (the log has them) or refused."},
    {"paytick_gateway_refused_visits_total", Type::counter, Where::ingest, "visits", "",
     "Connections, requests and sockets refused or closed because they asked too much ([limits])."},
    {"paytick_gateway_handshakes_given_way_total", Type::counter, Where::ingest, "connections", "",
     "Connections without a complete request that were ended for newer ones (limits.handshakes)."},
    {"paytick_gateway_freezes_total", Type::counter, Where::ingest, "freezes", "",
     "Freezes of viewers that this gateway wrote by rule ([guard])."},
    {"paytick_gateway_cpu_seconds_total", Type::counter, Where::ingest, "seconds", "",
     "Processor time of the gateway's own threads: loops and appenders."},
    {"paytick_gateway_sessions", Type::gauge, Where::ingest, "attachments", "",
     "Attachments of platforms in the directory."},
    {"paytick_gateway_contents", Type::gauge, Where::ingest, "contents", "", "Contents in the catalogue."},
    {"paytick_gateway_meters", Type::gauge, Where::ingest, "meters", "", "Meters known."},
    {"paytick_event_streams", Type::gauge, Where::ingest, "streams", "", "Event streams that are open."},
    {"paytick_event_stream_events_total", Type::counter, Where::ingest, "events", "", "Events sent to them."},

    // The aggregator.
    {"paytick_aggregator_partition_running", Type::gauge, Where::aggregate, "0 or 1", "partition",
     "1 while this process folds the partition; 0 while it takes it over or restores it."},
    {"paytick_aggregator_partition_failed", Type::gauge, Where::aggregate, "0 or 1", "partition",
     "1 once the partition has stopped for good: the process's log says why."},
    {"paytick_aggregator_position", Type::gauge, Where::aggregate, "offset", "partition",
     "First input that is not folded and committed."},
    {"paytick_aggregator_lag_records", Type::gauge, Where::aggregate, "records", "partition",
     "Inputs on the log that are not folded and committed."},
    {"paytick_aggregator_behind_seconds", Type::gauge, Where::aggregate, "seconds", "partition",
     "Age of the newest input folded; at most a clock line's second or two while all is well."},
    {"paytick_aggregator_step_seconds", Type::histogram, Where::aggregate, "seconds", "partition",
     "Time of a step: read, fold, commit."},
    {"paytick_aggregator_takeovers_total", Type::counter, Where::aggregate, "takeovers", "partition",
     "Times that the partition was taken over, the first included."},
    {"paytick_aggregator_replayed_records_total", Type::counter, Where::aggregate, "records", "partition",
     "Inputs folded again to restore the state."},
    {"paytick_aggregator_records_total", Type::counter, Where::aggregate, "records", "partition",
     "Records of inputs folded and committed."},
    {"paytick_aggregator_input_bytes_total", Type::counter, Where::aggregate, "bytes", "partition",
     "Bytes of them."},
    {"paytick_aggregator_output_bytes_total", Type::counter, Where::aggregate, "bytes", "partition",
     "Bytes of frames committed."},
    {"paytick_aggregator_snapshots_total", Type::counter, Where::aggregate, "snapshots", "partition",
     "Snapshots completed."},
    {"paytick_fold_inputs_total", Type::counter, Where::aggregate, "lines", "partition",
     "Lines folded: heartbeats, opens, stops, clock lines and all others."},
    {"paytick_fold_ticks_total", Type::counter, Where::aggregate, "ticks", "partition", "Ticks bought."},
    {"paytick_fold_duplicates_total", Type::counter, Where::aggregate, "lines", "partition",
     "Lines dropped as duplicates: they changed nothing and cost nothing."},
    {"paytick_fold_late_total", Type::counter, Where::aggregate, "lines", "partition",
     "Lines outside the bounds of time; on record as late."},
    {"paytick_fold_rejected_total", Type::counter, Where::aggregate, "lines", "partition",
     "Lines rejected; on record with the reason."},
    {"paytick_fold_halts_total", Type::counter, Where::aggregate, "sessions", "partition",
     "Sessions halted: no balance, limit, pause, freeze, refund, content closed."},
    {"paytick_fold_sessions_opened_total", Type::counter, Where::aggregate, "sessions", "partition",
     "Sessions opened."},
    {"paytick_fold_sessions_closed_total", Type::counter, Where::aggregate, "sessions", "partition",
     "Sessions closed."},

    // The settler.
    {"paytick_settler_due_units", Type::gauge, Where::settle, "smallest units", "",
     "Due in all, ever: what no stop can give back any more. Its rate is the money billed."},
    {"paytick_settler_settled_units", Type::gauge, Where::settle, "smallest units", "",
     "Paid on chain in all, ever."},
    {"paytick_settler_settlements_total", Type::counter, Where::settle, "transactions", "outcome",
     "Settlement transactions by how they ended: confirmed, failed, expired."},
    {"paytick_settler_confirm_seconds", Type::histogram, Where::settle, "seconds", "",
     "From the record that a transaction is prepared to the record that it is confirmed."},
    {"paytick_settler_in_flight", Type::gauge, Where::settle, "transactions", "",
     "Transactions whose end is not known yet."},
    {"paytick_settler_parked_sums", Type::gauge, Where::settle, "sums", "",
     "Sums that the router refused and an operator must look at."},
    {"paytick_settler_credits_ordered_units", Type::gauge, Where::settle, "smallest units", "",
     "Credits ordered in all, ever: what the treasury owes meters, paid in or not."},
    {"paytick_settler_credits_paid_units", Type::gauge, Where::settle, "smallest units", "",
     "Credits paid into meters in all, ever."},
    {"paytick_settler_credits_waiting", Type::gauge, Where::settle, "meters", "",
     "Meters with a credit that is not paid in yet."},
    {"paytick_settler_credits_parked", Type::gauge, Where::settle, "meters", "",
     "Meters whose credit was refused again and again; still asked for every minute."},
    {"paytick_settler_refunds_waiting", Type::gauge, Where::settle, "meters", "",
     "Meters whose rest was asked back and is not released yet."},
    {"paytick_settler_refund_wait_seconds", Type::gauge, Where::settle, "seconds", "",
     "How long the oldest of them has waited; 0 when none does."},
    {"paytick_settler_treasury_units", Type::gauge, Where::settle, "smallest units", "",
     "What the treasury holds, as last told by the token; absent while nobody knows."},
    {"paytick_settler_snapshots_total", Type::counter, Where::settle, "snapshots", "",
     "Snapshots of what is owed, written."},
    {"paytick_settler_chain_reachable", Type::gauge, Where::settle, "0 or 1", "",
     "1 while the node answers the settler."},
    {"paytick_chain_events_ledger", Type::gauge, Where::settle, "ledger", "",
     "Newest ledger whose events are on the log."},
    {"paytick_chain_events_reachable", Type::gauge, Where::settle, "0 or 1", "",
     "1 while the node answers the reader of events."},

    // The projections.
    {"paytick_projection_records_total", Type::counter, Where::project, "records", "",
     "Records of the log read into PostgreSQL."},
    {"paytick_projection_rows_total", Type::counter, Where::project, "rows", "", "Rows written."},
    {"paytick_projection_transactions_total", Type::counter, Where::project, "transactions", "",
     "Transactions committed."},
    {"paytick_projection_transaction_seconds", Type::histogram, Where::project, "seconds", "",
     "Time of a transaction that was committed."},
    {"paytick_projection_lag_records", Type::gauge, Where::project, "records", "",
     "Records of the log that are not in PostgreSQL, at the last transaction."},
    {"paytick_projection_behind_seconds", Type::gauge, Where::project, "seconds", "",
     "Age of the oldest state of a partition that is behind; 0 when none is."},
    {"paytick_projection_database_reachable", Type::gauge, Where::project, "0 or 1", "",
     "1 while PostgreSQL takes what is written."},

    // Notices to platforms and viewers.
    {"paytick_webhook_attempts_total", Type::counter, Where::project, "attempts", "outcome",
     "Attempts to send a notice: delivered, or failed and tried again later."},
    {"paytick_webhook_given_up_total", Type::counter, Where::project, "notices", "",
     "Notices that became dead letters; `paytick webhooks list` shows them."},
    {"paytick_webhook_attempt_seconds", Type::histogram, Where::project, "seconds", "",
     "Time of an attempt."},
    {"paytick_webhook_waiting", Type::gauge, Where::project, "notices", "",
     "Notices that wait to be sent, of all webhooks; each process shows the same."},
    {"paytick_webhook_dead", Type::gauge, Where::project, "notices", "",
     "Dead letters that are kept; each process shows the same."},
    {"paytick_webhook_behind_seconds", Type::gauge, Where::project, "seconds", "",
     "Age of the oldest notice that waits; each process shows the same."},
};

constexpr const Definition* find(std::string_view name) {
  const auto* const found = std::ranges::find(kDefinitions, name, &Definition::name);
  return found == std::end(kDefinitions) ? nullptr : found;
}

// The name of a metric of the list: another does not compile.
class Name {
 public:
  consteval Name(const char* name) : definition_(find(name)) {
    if (definition_ == nullptr) throw "no metric of this name in definitions.h";
  }
  constexpr const Definition& operator*() const { return *definition_; }
  constexpr const Definition* operator->() const { return definition_; }

 private:
  const Definition* definition_;
};

std::string_view to_text(Type type);
// The tables of docs/metrics.md.
std::string reference();

}  // namespace paytick::app::metrics
