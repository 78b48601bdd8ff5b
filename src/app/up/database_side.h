#pragma once
// The thread that keeps PostgreSQL up to date, and the routes that ask it. Billing does not wait for the
// database: while it is away the projection tries again, and catches up after.

#include <memory>
#include <string>

#include "app/up/health.h"
#include "ingest/http_routes.h"
#include "log/event_log.h"
#include "model/ports.h"

namespace paytick::app {

class DatabaseSide {
 public:
  // All must outlive it. Starts the thread.
  DatabaseSide(const std::string& url, log::EventLog& log, Random& random, Health& health);
  ~DatabaseSide();

  // GET /api/account/history (?meter= in development mode) and GET /api/creators/:wallet/earnings.
  void add_routes(ingest::HttpRoutes& routes, bool development);
  void stop();
  std::string metrics(TimeMs now) const;  // Prometheus text

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace paytick::app
