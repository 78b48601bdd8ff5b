#include <fmt/format.h>

#include <iterator>

#include "ingest/gateway_parts.h"

namespace paytick::ingest {

CoreCounters& CoreCounters::operator+=(const CoreCounters& other) {
  pings += other.pings;
  opens += other.opens;
  stops += other.stops;
  ticks += other.ticks;
  halts += other.halts;
  refused += other.refused;
  batch_lines += other.batch_lines;
  batch_accepted += other.batch_accepted;
  batch_refused += other.batch_refused;
  batches += other.batches;
  batches_failed += other.batches_failed;
  for (std::size_t i = 0; i < kAnswerBuckets; ++i) answer_ms[i] += other.answer_ms[i];
  answer_ms_sum += other.answer_ms_sum;
  bytes_in += other.bytes_in;
  bytes_out += other.bytes_out;
  return *this;
}

std::string render_metrics(const GatewayStats& stats) {
  std::string out;
  auto to = std::back_inserter(out);
  const auto one = [&](std::string_view name, std::string_view type, std::string_view help,
                       std::uint64_t value) {
    fmt::format_to(
        to, "# HELP paytick_gateway_{0} {2}\n# TYPE paytick_gateway_{0} {1}\npaytick_gateway_{0} {3}\n", name,
        type, help, value);
  };
  const CoreCounters& c = stats.counters;
  one("pings_total", "counter", "Messages received on sockets.", c.pings);
  one("opens_total", "counter", "Attachments opened by sockets.", c.opens);
  one("stops_total", "counter", "Attachments stopped by sockets.", c.stops);
  one("ticks_total", "counter", "Paid answers sent.", c.ticks);
  one("halts_total", "counter", "Answers that nothing more is bought.", c.halts);
  one("refused_total", "counter", "Messages on sockets answered with an error.", c.refused);
  one("batch_lines_total", "counter", "Lines received over HTTP.", c.batch_lines);
  one("batch_accepted_total", "counter", "Lines over HTTP that the log has taken.", c.batch_accepted);
  one("batch_refused_total", "counter", "Lines over HTTP that were refused.", c.batch_refused);
  one("appends_total", "counter", "Batches of records written to the log.", c.batches);
  one("appends_failed_total", "counter", "Batches of records that the log did not take.", c.batches_failed);
  one("connections", "gauge", "Open connections.", static_cast<std::uint64_t>(stats.connections));
  one("sessions", "gauge", "Attachments of platforms in the directory.", stats.sessions);
  one("contents", "gauge", "Contents in the catalogue.", stats.contents);
  one("meters", "gauge", "Meters known.", stats.meters);
  fmt::format_to(
      to,
      "# HELP paytick_gateway_cpu_seconds_total Processor time of the gateway's own threads.\n"
      "# TYPE paytick_gateway_cpu_seconds_total counter\npaytick_gateway_cpu_seconds_total {:.6f}\n",
      stats.cpu_s);

  fmt::format_to(to,
                 "# HELP paytick_gateway_answer_seconds From a ping to its answer.\n"
                 "# TYPE paytick_gateway_answer_seconds histogram\n");
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kAnswerBuckets; ++i) {
    sum += c.answer_ms[i];
    const std::string edge = i < std::size(kAnswerMsEdges)
                                 ? fmt::format("{}", static_cast<double>(kAnswerMsEdges[i]) / 1000)
                                 : "+Inf";
    fmt::format_to(to, "paytick_gateway_answer_seconds_bucket{{le=\"{}\"}} {}\n", edge, sum);
  }
  fmt::format_to(to, "paytick_gateway_answer_seconds_sum {}\npaytick_gateway_answer_seconds_count {}\n",
                 static_cast<double>(c.answer_ms_sum) / 1000, sum);
  return out;
}

}  // namespace paytick::ingest
