#pragma once
// POST /api/tips/send: a charge under the request's Idempotency-Key; once it is committed, the room is told.

#include "ingest/api/show_parts.h"
#include "ingest/rooms/rooms.h"

namespace paytick::ingest {

void add_tip_routes(HttpRoutes& routes, const ShowParts& parts, Rooms& rooms);

}  // namespace paytick::ingest
