#include "app/load/gateway_figures.h"

#include "app/load/wire.h"

namespace paytick::app::load {
namespace {

std::optional<double> sum(const std::vector<std::string>& pages, std::string_view name) {
  std::optional<double> all = 0;
  for (const std::string& page : pages) {
    const auto one = metric_sum(page, name);
    if (!one) return std::nullopt;
    *all += *one;
  }
  return pages.empty() ? std::nullopt : all;
}

std::optional<std::uint64_t> a_second(std::uint64_t answers, std::optional<double> from,
                                      std::optional<double> to) {
  if (!from || !to || *to - *from <= 0) return std::nullopt;
  return static_cast<std::uint64_t>(static_cast<double>(answers) / (*to - *from));
}

}  // namespace

GatewaySample read_sample(const std::vector<std::string>& pages) {
  return {.process_cpu_s = sum(pages, "process_cpu_seconds_total"),
          .gateway_cpu_s = sum(pages, "paytick_gateway_cpu_seconds_total"),
          .resident_bytes = sum(pages, "process_resident_memory_bytes"),
          .connections = sum(pages, "paytick_gateway_connections")};
}

GatewayFigures figures(const GatewaySample& before_connections, const GatewaySample& begin,
                       const GatewaySample& end, std::uint64_t answers) {
  GatewayFigures out;
  out.answers_per_process_cpu_s = a_second(answers, begin.process_cpu_s, end.process_cpu_s);
  out.answers_per_gateway_cpu_s = a_second(answers, begin.gateway_cpu_s, end.gateway_cpu_s);
  if (before_connections.resident_bytes && end.resident_bytes && before_connections.connections &&
      end.connections && *end.connections > *before_connections.connections) {
    out.bytes_per_connection =
        static_cast<std::int64_t>((*end.resident_bytes - *before_connections.resident_bytes) /
                                  (*end.connections - *before_connections.connections));
  }
  return out;
}

}  // namespace paytick::app::load
