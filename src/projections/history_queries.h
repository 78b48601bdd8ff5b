#pragma once
// What the API shows of the tables: JSON pages of an account's history and of a creator's earnings, newest
// first.
//
// A page is {"items":[…],"next":cursor or null} with totals beside it. Money is a decimal string, times are
// milliseconds since the epoch. A cursor names the last item shown, so pages stay right while new items
// arrive.
//
// An item has `kind` (session, tip, ticket, block, settlement, credit, top_up, refund), `id`, `at`, `amount`,
// and what its kind knows: `ticks`, `tickMs`, `pricePerTick`, `paidUntil`, `halt`, `proof` (newest link of
// the session's chain), `settled`, `transaction` and `ledger` (of the transaction that paid for it), `fee`
// (the platform's share of a settlement), `reference` (the platform's own name, or a charge's key).
//
// Threads: any. Each call uses a connection of its own from a small pool and blocks until the answer is
// there.

#include <memory>
#include <string>

#include "model/error.h"
#include "model/ids.h"

namespace paytick::projections {

class HistoryQueries {
 public:
  // Connects when it is first asked. The schema is made by the writer; until it is there the database counts
  // as away.
  explicit HistoryQueries(std::string url);
  ~HistoryQueries();

  struct Page {
    std::size_t limit = 50;  // 1 … 500
    std::string cursor;      // empty: from the newest
  };
  // Bodies of answers. Errors: "bad_cursor" refused; those of database.h.
  Result<std::string> account_history(const MeterId& meter, const Page& page);
  Result<std::string> creator_earnings(const CreatorId& creator, const Page& page);

 private:
  template <typename Work>
  Result<std::string> ask(const Work& work);

  const std::string url_;
  struct Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace paytick::projections
