#pragma once
// From what the parts count to the page. Each takes copies: whoever owns the counters makes them under its
// own lock.

#include <cstdint>
#include <map>
#include <vector>

#include "aggregator/runner.h"
#include "app/metrics/page.h"
#include "ingest/bridge/bridge_stats.h"
#include "ingest/gateway_parts.h"
#include "log/embedded/embedded_log.h"
#include "log/kafka/kafka_log.h"
#include "projections/worker.h"
#include "push/webhook_sender.h"
#include "settler/settler_worker.h"

namespace paytick::app::metrics {

void collect_gateway(Page& page, const ingest::GatewayStats& stats, std::int64_t connections_max);
void collect_bridge(Page& page, const ingest::BridgeStats& stats);
// Counters of every partition that ever was this process's; the state of those that are, with their lags.
void collect_aggregator(Page& page, const std::map<PartitionId, aggregator::Runner::Totals>& totals,
                        const std::vector<aggregator::PartitionStatus>& partitions,
                        const std::map<PartitionId, std::uint64_t>& lags, TimeMs now);
void collect_settler(Page& page, const settler::SettlerStatus& status, TimeMs now);
void collect_projection(Page& page, const projections::WorkerStatus& status, TimeMs now);
void collect_webhooks(Page& page, const push::SenderStatus& status, TimeMs now);
void collect_kafka(Page& page, const log::KafkaCounters& counters);
void collect_embedded_log(Page& page, const log::EmbeddedLog::Metrics& log);

}  // namespace paytick::app::metrics
