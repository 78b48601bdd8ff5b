#pragma once
// Sends single transactions and waits for them: administration and deployment, not settlements (which are
// written ahead, see settler/). Blocking, confined to one thread.
//
// Error codes, besides the client's: "simulation_failed" (refused), "tx_…"/"invoke_…" as code_name (refused:
// it failed), "tx_lost" (in doubt: its fate was not known before the deadline).

#include <chrono>
#include <functional>

#include "chain/keys.h"
#include "chain/rpc_client.h"
#include "chain/transaction.h"

namespace paytick::chain {

struct SubmitOptions {
  std::uint32_t inclusion_fee = 10'000;  // the most; the network takes what it needs
  std::int64_t valid_s = 120;
  Margins margins{.fee_max = 3'000'000'000};  // the first rent of 20 KB of code is some 50 XLM
  std::chrono::milliseconds poll{100};
};

class Submitter {
 public:
  Submitter(RpcClient& rpc, NetworkId network, const SecretKey& key, SubmitOptions options = {})
      : rpc_(rpc), network_(network), key_(key), options_(options) {}

  AccountId account() const { return key_.account(); }
  const NetworkId& network() const { return network_; }

  // The call's return value. Authorizations of the account itself are covered by its signature.
  Result<ScVal> submit(const OperationBody& operation);

  // A call that changes nothing: simulated only.
  Result<ScVal> view(const ContractId& contract, std::string_view function, std::vector<ScVal> args);

  Result<std::int64_t> next_sequence();

 private:
  Result<SignedTransaction> build(const OperationBody& operation, std::uint64_t& max_time_s);
  Result<ScVal> send_and_wait(const SignedTransaction& envelope, std::uint64_t max_time_s);

  RpcClient& rpc_;
  NetworkId network_;
  SecretKey key_;
  SubmitOptions options_;
};

// Free functions that both Submitter and the settler's chain use.
Result<std::int64_t> next_sequence(RpcClient& rpc, const AccountId& account);
Result<ScVal> simulate_call(RpcClient& rpc, const AccountId& source, const ContractId& contract,
                            std::string_view function, std::vector<ScVal> args);

}  // namespace paytick::chain
