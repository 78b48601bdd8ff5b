#pragma once
// What every process says of itself, by the names that all client libraries of Prometheus use.

#include <string_view>

#include "app/metrics/page.h"

namespace paytick::app::metrics {

// `role` as on the command line: up, ingest, aggregate, settle, project.
void collect_process(Page& page, std::string_view role);

}  // namespace paytick::app::metrics
