#pragma once
// Setting a development network up: accounts by friendbot, the token's contract, the router, meters and their
// money. Called by `paytick up --dev` and `paytick load --fund`; every step may be repeated. Blocking, one
// thread.
//
// Refuses the public network: code "public_network". Other codes: chain/submitter.h, "friendbot".

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chain/rpc_client.h"
#include "chain/submitter.h"
#include "model/error.h"
#include "model/ids.h"
#include "model/money.h"

namespace paytick::settler {

struct RouterSetup {
  AccountId admin;    // registers creators
  AccountId settler;  // settles
  AccountId fee_account;
  AccountId treasury;  // pays credits
  std::uint32_t bps_cap = 5'000;
  std::string router_wasm, meter_wasm;    // the files' contents (contracts/wasm)
  Amount initial_allowance = kMaxAmount;  // development: the maximum (DESIGN.md §6)
  std::uint64_t refund_delay_s = 72 * 3'600;
};

class DevChain {
 public:
  // `operator_key` pays for and signs everything below.
  static Result<std::unique_ptr<DevChain>> connect(const std::string& rpc_url, const std::string& passphrase,
                                                   const chain::SecretKey& operator_key);

  // Creates accounts that do not exist; others are left alone.
  Result<void> fund(const std::string& friendbot_url, std::span<const AccountId> accounts);

  // The native asset's contract, deployed if it is missing.
  Result<ContractId> native_token();

  // The same setup by the same operator gives the same router, deployed once: `salt` tells several apart.
  Result<ContractId> deploy_router(const RouterSetup& setup, std::string_view salt = "paytick");

  // Meters of these viewers, in order; deployed in batches, those that exist are left alone.
  Result<std::vector<MeterId>> deploy_meters(const ContractId& router, std::span<const ViewerId> viewers);

  // From the operator's own balance; all of a batch or nothing, batches in order.
  Result<void> deposit_many(const ContractId& router, std::span<const std::pair<MeterId, Amount>> deposits);

  Result<void> register_creators(const ContractId& router, std::span<const CreatorId> creators);

  // A meter's balance, and an account's (native): what the chain holds.
  Result<Amount> meter_balance(const MeterId& meter);
  Result<Amount> account_balance(const AccountId& account);

  chain::RpcClient& rpc() { return rpc_; }
  chain::Submitter& submitter() { return submitter_; }

 private:
  DevChain(chain::RpcClient rpc, const std::string& passphrase, const chain::SecretKey& operator_key);
  Result<bool> exists(const chain::LedgerKey& key);
  Result<chain::Hash> upload(const std::string& wasm);

  chain::RpcClient rpc_;
  chain::NetworkId network_;
  chain::Submitter submitter_;
};

}  // namespace paytick::settler
