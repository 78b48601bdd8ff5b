#pragma once
// What tips, tickets, calls and tokens are made of, and how they answer.

#include <optional>
#include <string_view>

#include "ingest/api/call_ids.h"
#include "ingest/api/token_money.h"
#include "ingest/catalog.h"
#include "ingest/commands/commands.h"
#include "ingest/http_routes.h"
#include "ingest/json_answer.h"
#include "ingest/meter_directory.h"
#include "ingest/rooms/room_access.h"
#include "model/ports.h"

namespace paytick::ingest {

// All of it outlives the routes. Handlers run on any thread.
struct ShowParts {
  Commands& commands;
  const Catalog& catalog;
  const MeterDirectory& meters;
  const CallIds& calls;
  const RoomAccess& access;
  WallClock& clock;
  ShowMoney money;
};

// "newBalance" and "newBalanceTokens": what can be spent.
void add_balance(JsonAnswer& answer, Amount spendable, const ShowMoney& money);

// What the fold refused; for want of balance with how much there is and how many tokens more it takes for
// `wanted`. Nothing when it was done.
std::optional<HttpResponse> refused(const Outcome& outcome, Amount wanted, const ShowMoney& money);

// Who earns with something of the catalogue: nobody else is registered on chain, and could be paid. Codes
// "bad_field", "not_found".
Result<CreatorId> known_creator(const Catalog& catalog, std::string_view account);

// Stream, video or call of the catalogue, by its id as text. Codes "unknown_content", "content_closed".
Result<std::shared_ptr<const Content>> open_content(const Catalog& catalog, std::string_view id);

}  // namespace paytick::ingest
