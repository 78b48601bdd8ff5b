#pragma once
// GET /api/wallet/me: a meter's balance in the asset and in tokens, what tokens are sold in, and what tips
// are suggested.

#include "ingest/api/show_parts.h"

namespace paytick::ingest {

void add_wallet_routes(HttpRoutes& routes, const ShowParts& parts);

}  // namespace paytick::ingest
