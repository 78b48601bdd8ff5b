#pragma once
// What /healthz and /readyz say. Each part of the process reports here; billing needs the required ones, the
// others (the chain, the database) may be away for a while: then the answer is "degraded" and names them.

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/metrics/page.h"
#include "ingest/http_routes.h"
#include "model/error.h"

namespace paytick::app {

// Thread-safe. Parts are added before the gateway listens.
class Health {
 public:
  // `trouble` is asked on each request: nothing when the part is well.
  using Probe = std::function<std::optional<Error>()>;
  void add(std::string part, bool required, Probe probe);
  void clear();  // forgets all parts: none is asked after it

  // 200 {"status":"ok"} as long as the process answers at all.
  ingest::HttpResponse healthz() const;
  // 200 {"status":"ready"|"degraded","parts":{…}}; 503 "not_ready" while a required part is away or paytick
  // drains.
  ingest::HttpResponse readyz() const;

  // The same as metrics: paytick_ready, paytick_part_ready.
  void collect(metrics::Page& page) const;

  // GET /healthz and GET /readyz. It outlives whoever serves them.
  void add_routes(ingest::HttpRoutes& routes);

  void set_draining() { draining_ = true; }

 private:
  struct Part {
    std::string name;
    bool required;
    Probe probe;
  };
  mutable std::mutex mutex_;
  std::vector<Part> parts_;
  std::atomic<bool> draining_{false};
};

}  // namespace paytick::app
