#pragma once
// The chain as the settler sees it: a port, so that the simulator and tests bring their own. SorobanChain
// (soroban_chain.h) is the real one.
//
// Threads: an object belongs to one thread. Calls block, each for a bounded time.
// Errors: Next::retry (nothing happened: unreachable node, timeout of a question), Next::refused (the node or
// the contract says no), and from send() alone Next::in_doubt (the transaction may have reached the network).

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/ids.h"
#include "model/inputs.h"
#include "model/settlements.h"
#include "model/time.h"

namespace paytick::settler {

struct LedgerInfo {
  std::uint32_t sequence = 0;
  TimeMs close_time;  // whole seconds
  friend bool operator==(const LedgerInfo&, const LedgerInfo&) = default;
};

enum class SendStatus : std::uint8_t { pending, duplicate, try_again_later, error };
struct SendAnswer {
  SendStatus status = SendStatus::pending;
  std::string code;  // with `error`: the transaction's result, as chain::code_name: "tx_bad_seq", …
};

enum class TransactionState : std::uint8_t { success, failed, not_found };
struct TransactionAnswer {
  TransactionState state = TransactionState::not_found;
  LedgerInfo oldest, newest;  // what the node remembers
  std::uint32_t ledger = 0;   // where it was applied
  TimeMs at;                  // close time of that ledger
  Amount network_fee;
  std::string code;                        // with `failed`
  std::vector<SettledItem> items;          // with `success`: one for each item of the batch, in order
  std::vector<CreditedItem> credits = {};  // likewise, of a batch of credits
};

// What the router tells, already decoded; events of other contracts never get here.
struct ChainEvent {
  std::string cursor;  // of this event
  std::uint32_t ledger = 0;
  MeterReport report;                   // the meter's totals
  std::optional<RefundRequest> refund;  // when it is the viewer's request
};
struct EventPage {
  std::vector<ChainEvent> events;  // oldest first
  std::string cursor;              // continue here; empty when nothing was ever read
  LedgerInfo newest;               // of the node when it answered
  bool more = false;               // ask again at once
};

// A settlement ready to be written ahead, and what the simulation foretells for each item: the router's codes
// (contracts/README.md), or empty where the chain does not tell beforehand.
struct Preparation {
  Prepared prepared;
  std::vector<std::int32_t> codes;
};

class ChainPort {
 public:
  virtual ~ChainPort() = default;

  // The account that pays for and signs settlements.
  virtual AccountId source() const = 0;

  virtual Result<LedgerInfo> latest_ledger() = 0;
  virtual Result<std::int64_t> next_sequence() = 0;

  // Simulates, assembles, checks against the network's limits and signs the settlement of `items`. Sends
  // nothing. Codes "limit_…" (too many items), "simulation_failed", "fee_too_high": refused.
  virtual Result<Preparation> prepare(std::span<const SettlementItem> items, std::int64_t sequence,
                                      TimeMs min_time, TimeMs max_time) = 0;

  // The same for a batch of credits, out of the treasury. Only where has_treasury().
  virtual Result<Preparation> prepare_credits(std::span<const CreditItem> /*items*/,
                                              std::int64_t /*sequence*/, TimeMs /*min_time*/,
                                              TimeMs /*max_time*/) {
    return no_treasury();
  }
  // Whether there is a key that signs credits.
  virtual bool has_treasury() const { return false; }
  // What the router's treasury holds of the meters' token.
  virtual Result<Amount> treasury_balance() { return no_treasury(); }

  // The same for the rest of a meter, which its viewer has asked back. Codes "no_refund" (that request is
  // pending no more) and "refund_aged" (its delay would end before `max_time`; from then on the viewer takes
  // the rest himself and may ask again, so that nobody can know what this transaction would pay out):
  // refused.
  virtual Result<Preparation> prepare_refund(const RefundItem& item, std::int64_t sequence, TimeMs min_time,
                                             TimeMs max_time) = 0;

  // The same bytes may be sent any number of times; they apply at most once.
  virtual Result<SendAnswer> send(std::string_view envelope) = 0;

  virtual Result<TransactionAnswer> transaction(const Prepared& prepared) = 0;

  // The contracts' own word: what has been paid so far for each item's (meter, creator, bps), in order.
  virtual Result<std::vector<Amount>> paid(std::span<const SettlementItem> items) = 0;

  // What has been credited so far to each item's meter, in order.
  virtual Result<std::vector<Amount>> credited(std::span<const CreditItem> /*items*/) {
    return no_treasury();
  }

  // Events of the router after `cursor`; when it is empty, from `start_ledger` on. Code "pruned": the node no
  // longer has that place; read the meters' totals instead and go on from the oldest ledger it has
  // (EventPage::newest of a later call, or oldest_ledger()).
  virtual Result<EventPage> events(std::string_view cursor, std::uint32_t start_ledger) = 0;
  virtual Result<LedgerInfo> oldest_ledger() = 0;

  // A meter's totals by asking the contract.
  virtual Result<MeterReport> totals(const MeterId& meter) = 0;

  // Names the creators who may be paid; by the admin's key, whole when it returns. Registered ones are
  // skipped.
  virtual Result<void> register_creators(std::span<const CreatorId> creators) = 0;

 protected:
  static tl::unexpected<Error> no_treasury() {
    return fail("no_treasury", "There is no treasury's key here; give PAYTICK_TREASURY_SECRET.");
  }
};

}  // namespace paytick::settler
