#pragma once
// One answer to GET /metrics, put together when it is asked for: the parts of the process keep plain counters
// and know nothing of Prometheus; collectors.h copies them here, and prometheus-cpp writes them down.
//
//   Page page;
//   page.set("paytick_fold_ticks_total", counters.ticks, {{"partition", "0"}});
//   response.body = page.text();
//
// Not thread-safe: a page lives as long as its request.

#include <prometheus/metric_family.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "app/metrics/definitions.h"
#include "app/metrics/times.h"

namespace paytick::app::metrics {

using Labels = std::vector<prometheus::ClientMetric::Label>;

class Page {
 public:
  // A counter or a gauge.
  template <typename Number>
  requires std::is_arithmetic_v<Number>
  void set(Name name, Number value, Labels labels = {}) {
    add(*name, static_cast<double>(value), std::move(labels));
  }
  // A histogram: counts[i] of values up to bounds[i], beyond the one before; the last of `counts` has no
  // bound. `sum` and the bounds in the metric's unit.
  void set_histogram(Name name, std::span<const double> bounds, std::span<const std::uint64_t> counts,
                     double sum, Labels labels = {});
  void set(Name name, const Times& times, Labels labels = {});

  std::string text() const;
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  void add(const Definition& definition, double value, Labels labels);
  prometheus::MetricFamily& family(const Definition& definition);

  std::map<std::string_view, prometheus::MetricFamily> families_;
};

}  // namespace paytick::app::metrics
