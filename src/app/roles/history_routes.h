#pragma once
// The routes that ask the database: what an account was billed, and what a creator has earned.

#include <functional>
#include <optional>
#include <string>

#include "ingest/http_routes.h"
#include "projections/history_queries.h"

namespace paytick::app {

class HistoryRoutes {
 public:
  // Connects when it is asked, and again when the database was away: "database_away" until then.
  explicit HistoryRoutes(const std::string& url) : queries_(url) {}

  using MeterOwner = std::function<std::optional<ViewerId>(const MeterId&)>;

  // GET /api/account/history?meter=, for the meter's viewer, and GET /api/creators/:wallet/earnings, for that
  // creator and the operator ("me" is the login's account). Development mode has no creators' logins: there
  // anybody sees earnings.
  void add(ingest::HttpRoutes& routes, bool development, MeterOwner owner);

  // What the creator has earned and was not paid yet, as a decimal; nothing when the database is away.
  // Blocks.
  std::optional<std::string> pending(const CreatorId& creator);

 private:
  projections::HistoryQueries queries_;
};

}  // namespace paytick::app
