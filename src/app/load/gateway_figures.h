#pragma once
// What gateways say of themselves at /metrics, before, during and after a run, and what a ping and a
// connection have cost them by that.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace paytick::app::load {

// Of all gateways of a run together; nothing where one of them does not say.
struct GatewaySample {
  std::optional<double> process_cpu_s;  // of the whole process, which may hold other roles, too
  std::optional<double> gateway_cpu_s;  // of the gateway's own threads in it
  std::optional<double> resident_bytes, connections;
};

// Adds up what each page says. `pages`: Prometheus text, one a gateway.
GatewaySample read_sample(const std::vector<std::string>& pages);

struct GatewayFigures {
  // Pings answered a CPU-second between the first ping of the schedule and the last answer.
  std::optional<std::uint64_t> answers_per_process_cpu_s, answers_per_gateway_cpu_s;
  // Resident memory after traffic less that before the connections, by the connections there are more.
  std::optional<std::int64_t> bytes_per_connection;
};

GatewayFigures figures(const GatewaySample& before_connections, const GatewaySample& begin,
                       const GatewaySample& end, std::uint64_t answers);

}  // namespace paytick::app::load
