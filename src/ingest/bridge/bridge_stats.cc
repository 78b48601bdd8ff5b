#include "ingest/bridge/bridge_stats.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

namespace paytick::ingest {

std::string render_metrics(const BridgeStats& stats) {
  std::string out;
  auto to = std::back_inserter(out);
  const auto head = [&](std::string_view name, std::string_view type, std::string_view help) {
    fmt::format_to(to, "# HELP paytick_bridge_{0} {2}\n# TYPE paytick_bridge_{0} {1}\n", name, type, help);
  };
  const auto one = [&](std::string_view name, std::string_view type, std::string_view help,
                       std::uint64_t value) {
    head(name, type, help);
    fmt::format_to(to, "paytick_bridge_{} {}\n", name, value);
  };
  one("running", "gauge", "1 where this instance owns the bridge and works.", stats.running ? 1 : 0);
  one("records_total", "counter", "Records of heartbeats-in read.", stats.records);
  one("lines_total", "counter", "Lines of heartbeats-in read.", stats.lines);
  head("forwarded_total", "counter", "Lines forwarded to heartbeats.");
  fmt::format_to(to,
                 "paytick_bridge_forwarded_total{{type=\"open\"}} {}\n"
                 "paytick_bridge_forwarded_total{{type=\"heartbeat\"}} {}\n"
                 "paytick_bridge_forwarded_total{{type=\"stop\"}} {}\n",
                 stats.opens, stats.heartbeats, stats.stops);
  one("repeated_total", "counter", "Stops that were on the log already.", stats.repeated);
  one("waited_total", "counter", "Lines that were not decided at once.", stats.waited);
  head("refused_total", "counter", "Lines refused and put on record, by code.");
  for (const auto& [code, n] : stats.refused)
    fmt::format_to(to, "paytick_bridge_refused_total{{code=\"{}\"}} {}\n", code, n);
  one("commits_total", "counter", "Steps committed.", stats.commits);
  one("takeovers_total", "counter", "Times this instance has taken the bridge over.", stats.takeovers);
  one("waiting", "gauge", "Lines that are not decided yet.", stats.waiting);
  one("attachments", "gauge", "Attachments that the bridge knows.", stats.attachments);
  head("lag_records", "gauge", "Records of heartbeats-in that are not committed yet.");
  for (std::size_t p = 0; p < stats.lag.size(); ++p)
    fmt::format_to(to, "paytick_bridge_lag_records{{partition=\"{}\"}} {}\n", p, stats.lag[p]);
  return out;
}

}  // namespace paytick::ingest
