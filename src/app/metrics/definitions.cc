#include "app/metrics/definitions.h"

#include <fmt/format.h>

#include <iterator>
#include <optional>

namespace paytick::app::metrics {
namespace {

std::string_view heading(Where where) {
  switch (where) {
    case Where::everywhere:
      return "Every role";
    case Where::ingest:
      return "Gateway: `ingest`, `up`";
    case Where::aggregate:
      return "Aggregator: `aggregate`, `up`";
    case Where::settle:
      return "Settler and the chain's events: `settle`, `up`";
    case Where::project:
      return "Projections: `project`, `up`";
    case Where::embedded_log:
      return "Embedded log: `up`";
    case Where::kafka_log:
      return "Kafka: `ingest`, `aggregate`, `settle`, `project`";
    case Where::kafka_ingest:
      return "Gateway over Kafka: `ingest`";
    case Where::kafka_aggregate:
      return "Aggregator over Kafka: `aggregate`";
  }
  return {};
}

std::string quoted(std::string_view labels) {
  std::string out;
  while (!labels.empty()) {
    const auto comma = labels.find(',');
    out += fmt::format("{}`{}`", out.empty() ? "" : ", ", labels.substr(0, comma));
    labels = comma == labels.npos ? std::string_view() : labels.substr(comma + 1);
  }
  return out;
}

}  // namespace

std::string_view to_text(Type type) {
  switch (type) {
    case Type::counter:
      return "counter";
    case Type::gauge:
      return "gauge";
    case Type::histogram:
      return "histogram";
  }
  return {};
}

std::string reference() {
  std::string out;
  std::optional<Where> section;
  for (const Definition& d : kDefinitions) {
    if (section != d.where) {
      section = d.where;
      out += fmt::format("\n## {}\n\n| metric | type | unit | labels | meaning |\n|---|---|---|---|---|\n",
                         heading(d.where));
    }
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", d.name, to_text(d.type), d.unit, quoted(d.labels),
                       d.help);
  }
  return out;
}

}  // namespace paytick::app::metrics
