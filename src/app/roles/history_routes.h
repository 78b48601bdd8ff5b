#pragma once
// The routes that ask the database: what an account was billed, what a creator has earned, what a call cost;
// and how often content was viewed.

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "app/config.h"
#include "ingest/api/call_ids.h"
#include "ingest/api/refunds.h"
#include "ingest/http_routes.h"
#include "projections/history_queries.h"

namespace paytick::app {

class HistoryRoutes {
 public:
  // Connects when it is asked, and again when the database was away: "database_away" until then.
  explicit HistoryRoutes(const Config& config)
      : token_units_(config.money.token_units), queries_(config.database.url) {}

  using MeterOwner = std::function<std::optional<ViewerId>(const MeterId&)>;

  // GET /api/account/history (?meter=, one of the viewer's own; without it all of them) and /spending;
  // /api/creators/:wallet/earnings, /tips and /fans, for that creator and the operator ("me" is the login's
  // account; development mode has no creators' logins: there anybody sees them);
  // /api/billing/calls/:callId/history, for both sides of the call.
  void add(ingest::HttpRoutes& routes, bool development, MeterOwner owner, const ingest::CallIds& calls);

  // How often each content was viewed. Blocks.
  Result<std::map<ContentId, std::int64_t>> views() { return queries_.views(); }
  // What the creator has earned and was not paid yet; nothing when the database is away.
  // Blocks.
  std::optional<Amount> pending(const CreatorId& creator);
  // A stream's tickets, as ingest/api/refunds.h has it. Blocks.
  Result<ingest::SoldTickets> tickets(const std::string& key, const std::optional<ViewerId>& viewer);

 private:
  using Page = projections::HistoryQueries::Page;
  using Creators = Result<std::string> (projections::HistoryQueries::*)(const CreatorId&, const Page&);
  ingest::HttpResponse history(const ingest::HttpRequest& request, bool development, const MeterOwner& owner);
  ingest::HttpResponse spending(const ingest::HttpRequest& request);
  ingest::HttpResponse creator(const ingest::HttpRequest& request, bool development, Creators query);
  ingest::HttpResponse call(const ingest::HttpRequest& request, const ingest::CallIds& calls);

  const std::int64_t token_units_;
  projections::HistoryQueries queries_;
};

}  // namespace paytick::app
