#pragma once
// POST /api/accounts/:account/freeze and /unfreeze {"reason":"…"}: an operator stops a viewer's payments, or
// lets them go on. The reason goes on the log. A repeat changes nothing.

#include "ingest/commands/commands.h"
#include "ingest/http_routes.h"

namespace paytick::ingest {

void add_account_routes(HttpRoutes& routes, Commands& commands);  // it outlives the routes

}  // namespace paytick::ingest
