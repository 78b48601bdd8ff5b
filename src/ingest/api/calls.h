#pragma once
// Calls, billed in blocks of half a minute:
//   POST /api/calls/init                      begins one, and buys its first block
//   POST /api/calls/:id/end                   ends it, by either of the two
//   POST /api/billing/:callId/pause|active|stop
//   POST /api/billing/meter                   a scheduler's, under a shared secret: buys what has begun
//
// Whatever comes late, twice or at once is billed once: blocks are ticks. paytick meters running calls by
// itself (call_meter.h); a scheduler is welcome, and needs not be there.

#include <string>

#include "ingest/api/show_parts.h"

namespace paytick::ingest {

// `billing_secret` is what the header X-Billing-Secret must say; empty: nobody may.
void add_call_routes(HttpRoutes& routes, const ShowParts& parts, const std::string& billing_secret);

// The call of a request's first parameter, of which the asker is a party (or an operator). Codes "not_found",
// "unauthorized", "forbidden".
Result<CallRef> party_call(const HttpRequest& request, const CallIds& calls);

}  // namespace paytick::ingest
