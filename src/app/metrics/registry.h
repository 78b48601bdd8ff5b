#pragma once
// Who has something to say on /metrics: each part of the process adds itself, as to Health.

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "app/metrics/page.h"
#include "ingest/http_routes.h"

namespace paytick::app::metrics {

// Thread-safe.
class Registry {
 public:
  // `role` as on the command line: up, ingest, aggregate, settle, project.
  explicit Registry(std::string_view role) : role_(role) {}

  // Called on the thread that serves the page, one page at a time; may ask the log, must not wait for more.
  using Collector = std::function<void(Page&)>;
  void add(Collector collector);
  // Forgets them all, once none is at work: before the parts that they ask are gone.
  void clear();

  // What the process says of itself, and what they say.
  std::string text() const;
  // GET /metrics. It outlives whoever serves it.
  void add_routes(ingest::HttpRoutes& routes);

 private:
  const std::string role_;
  mutable std::mutex mutex_;
  std::vector<Collector> collectors_;
};

}  // namespace paytick::app::metrics
