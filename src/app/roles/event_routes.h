#pragma once
// GET /v1/events: notices as Server-Sent Events (docs/webhooks.md). A platform's key with the scope `read`
// hears what concerns its sessions, a viewer or creator what concerns themselves, an operator everything.

#include <memory>

#include "app/config.h"
#include "app/metrics/registry.h"
#include "ingest/http_routes.h"
#include "push/notice_streams.h"

namespace paytick::app {

class EventRoutes {
 public:
  explicit EventRoutes(const Config& config);

  void add(ingest::HttpRoutes& routes);
  void add_metrics(metrics::Registry& metrics);
  void stop() { streams_.stop(); }

 private:
  void open(const ingest::HttpRequest& request, const std::shared_ptr<ingest::EventStream>& stream);

  const bool kept_;
  push::NoticeStreams streams_;
};

}  // namespace paytick::app
