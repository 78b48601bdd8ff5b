#pragma once
// Money back for what failed: POST /api/refunds, an operator's, or a platform's for tickets of its own
// streams. One viewer's ticket, all tickets of a stream, a call, or anything else. A credit is an order to
// the treasury, which pays it into the meter on chain, once (tokens.h).

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ingest/api/show_parts.h"
#include "ingest/api/waiting.h"

namespace paytick::ingest {

inline constexpr std::size_t kTicketsAtOnce = 500;

// Tickets of a stream, of all viewers or of one, as the tables show them.
struct SoldTickets {
  struct Ticket {
    ViewerId viewer;
    MeterId meter;
    Amount amount;
  };
  std::int64_t sold = 0, given_back = 0;
  Amount amount_given_back;
  std::vector<Ticket> left;  // not given back, the oldest first, at most kTicketsAtOnce
};
// `key`: ticket_key of the stream. A ticket is given back by a credit whose key is "refund:" and that.
// Blocks. Code "database_away".
using TicketBook =
    std::function<Result<SoldTickets>(const std::string& key, const std::optional<ViewerId>& viewer)>;

void add_refund_routes(HttpRoutes& routes, const ShowParts& parts, const TicketBook& tickets,
                       const RunJob& run);

}  // namespace paytick::ingest
