#pragma once
// POST /api/streams/:id/join: the viewer comes in (system 2). Wants the stream's minimum balance, and from
// then on the viewer may be billed for it. A repeat changes nothing.

#include "ingest/catalog.h"
#include "ingest/commands/commands.h"
#include "ingest/http_routes.h"
#include "ingest/meter_directory.h"

namespace paytick::ingest {

// All of it outlives the routes.
struct StreamParts {
  Commands& commands;
  const MeterDirectory& meters;
  const Catalog& catalog;
};
void add_stream_routes(HttpRoutes& routes, const StreamParts& parts);

}  // namespace paytick::ingest
