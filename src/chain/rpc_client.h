#pragma once
// Stellar RPC (JSON-RPC 2.0 over HTTP). Blocking, one kept-alive connection, confined to one thread.
//
// Every answer is bounded and checked; nothing in it is trusted. Error codes, besides those of http_client.h:
//   "rpc_busy"       retry    the node asks to come back later (429, 5xx, internal error); after a 5xx a send
//   is in doubt "rpc_refused"    refused  a JSON-RPC error; its message is the node's "rpc_malformed"  retry
//   not the JSON or the XDR that was expected "rpc_pruned"     refused  getEvents: outside the ledgers the
//   node remembers
// A lost answer is Next::retry for questions, which may be asked again, and Next::in_doubt for
// send_transaction.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chain/http_client.h"
#include "chain/transaction.h"
#include "chain/xdr.h"
#include "model/error.h"
#include "model/ids.h"

namespace paytick::chain {

struct Health {
  bool healthy = false;
  std::uint32_t latest_ledger = 0, oldest_ledger = 0;
};
struct Network {
  std::string passphrase;
  std::string friendbot_url;  // empty where there is none
  std::uint32_t protocol = 0;
};
struct LedgerHead {
  std::uint32_t sequence = 0;
  std::int64_t close_time_s = 0;  // 0 when the node does not say
};
struct EntryAnswer {
  LedgerKey key;
  LedgerEntryData data;
  std::uint32_t last_modified_ledger = 0;
  std::uint32_t live_until_ledger = 0;  // 0 for entries that do not expire
};
struct Simulation {
  std::string error;  // not empty: the call failed, in the node's words, with the diagnostics' cause
  SimulatedResources resources;
  ScVal result;
  bool needs_restore =
      false;  // archived entries must be restored first: send `restore` with RestoreFootprint
  SimulatedResources restore;
  std::uint32_t latest_ledger = 0;
};
enum class SendState : std::uint8_t { pending, duplicate, try_again_later, error };
struct SendReply {
  SendState state = SendState::pending;
  std::optional<TransactionResult> result;  // with `error`
  std::string message;                      // diagnostics, when the node gave some
  LedgerHead latest;
};
enum class LookupState : std::uint8_t { success, failed, not_found };
struct TransactionReply {
  LookupState state = LookupState::not_found;
  LedgerHead latest, oldest;
  std::uint32_t ledger = 0;
  std::int64_t created_at_s = 0;
  std::optional<TransactionResult> result;
  std::optional<TransactionMeta> meta;
};
struct EventFilter {
  ContractId contract;
};
struct RpcEvent {
  std::string id, cursor;
  std::uint32_t ledger = 0;
  ContractId contract;
  bool in_successful_call = true;
  std::string tx_hash;
  std::vector<ScVal> topics;
  ScVal value;
};
struct EventsReply {
  std::vector<RpcEvent> events;
  std::string cursor;
  LedgerHead latest, oldest;
};
struct FeeStats {
  std::int64_t soroban_p50 = 0, soroban_p90 = 0, soroban_max = 0;
};

class RpcClient {
 public:
  static Result<RpcClient> create(std::string_view url, HttpOptions options = {});

  Result<Health> health();
  Result<Network> network();
  Result<LedgerHead> latest_ledger();
  Result<std::vector<EntryAnswer>> ledger_entries(
      std::span<const LedgerKey> keys);  // 200 at most; missing ones absent
  Result<Simulation> simulate(const Transaction& tx);
  Result<SendReply> send_transaction(std::string_view envelope_base64);
  Result<TransactionReply> transaction(const TxHash& hash);
  // From after `cursor`, or from `start_ledger` when it is empty.
  Result<EventsReply> events(const EventFilter& filter, std::string_view cursor, std::uint32_t start_ledger,
                             std::uint32_t limit);
  Result<FeeStats> fee_stats();

  // Any method, for tests and tools: `params` is a JSON value; the answer is the JSON text of `result`.
  Result<std::string> call_raw(std::string_view method, std::string_view params_json);

  HttpClient& http() { return http_; }

 private:
  explicit RpcClient(HttpClient http) : http_(std::move(http)) {}
  HttpClient http_;
  std::uint64_t next_id_ = 1;
};

}  // namespace paytick::chain
