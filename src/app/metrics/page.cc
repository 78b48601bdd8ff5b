#include "app/metrics/page.h"

#include <prometheus/text_serializer.h>

#include <limits>
#include <sstream>
#include <utility>

namespace paytick::app::metrics {
namespace {

prometheus::MetricType library_type(Type type) {
  switch (type) {
    case Type::counter:
      return prometheus::MetricType::Counter;
    case Type::gauge:
      return prometheus::MetricType::Gauge;
    case Type::histogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

}  // namespace

prometheus::MetricFamily& Page::family(const Definition& definition) {
  const auto [at, is_new] = families_.try_emplace(definition.name);
  if (is_new) {
    at->second.name = definition.name;
    at->second.help = definition.help;
    at->second.type = library_type(definition.type);
  }
  return at->second;
}

void Page::add(const Definition& definition, double value, Labels labels) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = value;
  metric.gauge.value = value;
  family(definition).metric.push_back(std::move(metric));
}

void Page::set_histogram(Name name, std::span<const double> bounds, std::span<const std::uint64_t> counts,
                         double sum, Labels labels) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    seen += counts[i];
    const double bound = i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back({seen, bound});
  }
  metric.histogram.sample_count = seen;
  metric.histogram.sample_sum = sum;
  family(*name).metric.push_back(std::move(metric));
}

void Page::set(Name name, const Times& times, Labels labels) {
  prometheus::ClientMetric metric = times.collect();
  metric.label = std::move(labels);
  family(*name).metric.push_back(std::move(metric));
}

std::string Page::text() const {
  std::vector<prometheus::MetricFamily> all;
  all.reserve(families_.size());
  for (const auto& [name, family] : families_) all.push_back(family);
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, all);
  return std::move(out).str();
}

}  // namespace paytick::app::metrics
