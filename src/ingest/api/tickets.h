#pragma once
// Streams, and the tickets of private ones:
//   POST /api/streams/create               by a creator, for the own account, or by a platform
//   GET  /api/streams/:id/access           whether the viewer may watch
//   POST /api/streams/:id/tickets/checkout buys the ticket; its key is (viewer, stream), so that two tabs buy
//   one

#include <functional>

#include "ingest/api/show_parts.h"

namespace paytick::ingest {

// Puts a content into the catalogue; called once with the outcome. May run on any thread, and must not block.
using AddContent = std::function<void(Content, std::function<void(Result<void>)>)>;

void add_ticket_routes(HttpRoutes& routes, const ShowParts& parts, Random& random, const AddContent& add);

}  // namespace paytick::ingest
