#include "app/metrics/registry.h"

#include <utility>

#include "app/metrics/process.h"

namespace paytick::app::metrics {

void Registry::add(Collector collector) {
  const std::lock_guard lock(mutex_);
  collectors_.push_back(std::move(collector));
}

void Registry::clear() {
  const std::lock_guard lock(mutex_);
  collectors_.clear();
}

std::string Registry::text() const {
  Page page;
  collect_process(page, role_);
  const std::lock_guard lock(mutex_);
  for (const Collector& collector : collectors_) collector(page);
  return page.text();
}

void Registry::add_routes(ingest::HttpRoutes& routes) {
  routes.add("GET", "/metrics", ingest::RunOn::pool, [this](const auto&) {
    ingest::HttpResponse response;
    response.content_type = Page::kContentType;
    response.body = text();
    return response;
  });
}

}  // namespace paytick::app::metrics
