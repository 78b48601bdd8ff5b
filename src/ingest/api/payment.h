#pragma once
// What viewers decide about their spending, and creators about their pay (systems 1 and 2).
//
//   GET  /api/payment/balance, /spent, /limit     how things stand, as the log's order has it
//   POST /api/payment/limit                       {"limit":10,"period":"total"|"day"|"month"}
//   POST /api/payment/pause, /resume              {} for everything, or {"contentId","contentType"}
//
// Answers: {"balance","spent","limit","period","state","frozen"}; the first three are JSON numbers rendered
// from integers. schemas/openapi.yaml has the shapes.

#include "ingest/catalog.h"
#include "ingest/commands/commands.h"
#include "ingest/http_routes.h"
#include "ingest/meter_directory.h"

namespace paytick::ingest {

// All of it outlives the routes.
struct PaymentParts {
  Commands& commands;
  const MeterDirectory& meters;
  const Catalog& catalog;
};
void add_payment_routes(HttpRoutes& routes, const PaymentParts& parts);

// How a viewer's payments stand; `paused` overrides, for what a pause of one session has done.
HttpResponse payment_state(const Outcome& outcome, const std::optional<ContentId>& content = std::nullopt,
                           std::optional<bool> paused = std::nullopt);

}  // namespace paytick::ingest
