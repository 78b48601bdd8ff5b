#pragma once
// POST /api/creators/me/payout: settles now what is due to the creator who is logged in, whatever the
// settlement policy would wait for. What is paid is cumulative on chain, so a repeat pays nothing twice; with
// an Idempotency-Key it is answered as the first was, and orders nothing.

#include <functional>
#include <optional>
#include <string>

#include "ingest/api/waiting.h"
#include "ingest/commands/commands.h"
#include "ingest/http_routes.h"
#include "model/ports.h"

namespace paytick::ingest {

// Both outlive the routes.
struct CreatorParts {
  Commands& commands;
  WallClock& clock;
  // What was earned and is not paid yet; nothing when it cannot be known now. May block.
  std::function<std::optional<Amount>(const CreatorId&)> pending;
  RunJob run;
};
void add_creator_routes(HttpRoutes& routes, const CreatorParts& parts);

}  // namespace paytick::ingest
