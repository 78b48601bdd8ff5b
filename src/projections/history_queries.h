#pragma once
// What the API shows of the tables: JSON pages of an account's history, of what a viewer spent and a creator
// earned, and of a call; newest first, a call's oldest first.
//
// A page is {"items":[…],"next":cursor or null} with totals beside it. Money is a decimal string, times are
// milliseconds since the epoch. A cursor names the last item shown, so pages stay right while new items
// arrive.
//
// An item has `kind` (session, tip, ticket, block, settlement, credit, top_up, refund), `id`, `at`, `amount`,
// and what its kind knows: `ticks`, `tickMs`, `pricePerTick`, `paidUntil`, `halt`, `proof` (newest link of
// the session's chain), `settled`, `transaction` and `ledger` (of the transaction that paid for it), `fee`
// (the platform's share of a settlement), `reference` (the platform's own name, or a charge's key), `message`
// and `channel` (of a tip), `viewer` (in a creator's pages).
//
// Threads: any. Each call uses a connection of its own from a small pool and blocks until the answer is
// there.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/error.h"
#include "model/ids.h"
#include "model/money.h"

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
  Result<std::string> account_history(const ViewerId& viewer, const Page& page);  // of all meters
  Result<std::string> creator_earnings(const CreatorId& creator, const Page& page);
  // Tips to a creator, with who gave them and their words.
  Result<std::string> creator_tips(const CreatorId& creator, const Page& page);
  // What a viewer has paid, by creator, the most first:
  // {"viewer","total","due","settled","items":[{"creator","total", "tips","tickets"}],"next"}; and what a
  // creator's fans have: {"creator","total","items":[{"viewer",…}],"next"}.
  Result<std::string> viewer_spending(const ViewerId& viewer, const Page& page);
  Result<std::string> creator_fans(const CreatorId& creator, const Page& page);
  // A call: its start, blocks, halts and end:
  // {"callId","session","closed","blocks","total","items":[{"kind","at",
  // "block","startsAt","amount","cumulative","reason","proof"}],"next"}. Code "not_found" (refused) for a
  // session that is not there or is not this viewer's and creator's. A money's member `…Tokens` is added
  // where `token_units` is above 0.
  struct Call {
    std::string public_id;
    SessionId session;
    ViewerId viewer;
    CreatorId creator;
    std::int64_t token_units = 0;
  };
  Result<std::string> call_history(const Call& call, const Page& page);
  // Tickets that were sold under this key, of all viewers or of one; those that no credit with the key
  // "refund:" and this one has given back are listed, the oldest first, at most `limit`.
  struct Ticket {
    ViewerId viewer;
    MeterId meter;
    Amount amount;
  };
  struct Tickets {
    std::int64_t sold = 0, given_back = 0;
    Amount amount_given_back;
    std::vector<Ticket> left;
  };
  Result<Tickets> tickets(const std::string& key, const std::optional<ViewerId>& viewer, std::size_t limit);
  // How often each content was viewed.
  Result<std::map<ContentId, std::int64_t>> views();

 private:
  template <typename Work>
  auto asked(const Work& work);
  template <typename Work>
  Result<std::string> ask(const Work& work);
  Result<std::string> spending(const char* whose, const char* by, const std::string& id, const Page& page);

  const std::string url_;
  struct Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace paytick::projections
