#pragma once
// The routes that ask the database: what an account was billed, and what a creator has earned.

#include <optional>
#include <string>

#include "ingest/http_routes.h"
#include "projections/history_queries.h"

namespace paytick::app {

class HistoryRoutes {
 public:
  // Connects when it is asked, and again when the database was away: "database_away" until then.
  explicit HistoryRoutes(const std::string& url) : queries_(url) {}

  // GET /api/account/history (?meter= in development mode) and GET /api/creators/:wallet/earnings.
  void add(ingest::HttpRoutes& routes, bool development);

  // What the creator has earned and was not paid yet, as a decimal; nothing when the database is away.
  // Blocks.
  std::optional<std::string> pending(const CreatorId& creator);

 private:
  projections::HistoryQueries queries_;
};

}  // namespace paytick::app
