#pragma once
// A small HTTP server for the routes of a process without a gateway: /healthz, /readyz, /metrics. One thread,
// one request a connection; for operators and their collectors, not for the world.

#include <cstdint>
#include <memory>
#include <string>

#include "app/roles/address.h"
#include "ingest/http_routes.h"
#include "model/error.h"

namespace paytick::app {

class AdminServer {
 public:
  // Port 0 picks a free one. What the routes refer to outlives it. Code "cannot_listen".
  static Result<std::unique_ptr<AdminServer>> start(const Address& address, ingest::HttpRoutes routes);
  ~AdminServer();

  const std::string& url() const { return url_; }

 private:
  struct Impl;
  explicit AdminServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
  std::string url_;
};

}  // namespace paytick::app
