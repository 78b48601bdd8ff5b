#pragma once
// The settler's chain over Stellar RPC: the router and meters of contracts/README.md.

#include <memory>
#include <optional>
#include <string>

#include "chain/rpc_client.h"
#include "chain/submitter.h"
#include "settler/chain_port.h"

namespace paytick::settler {

struct SorobanConfig {
  std::string rpc_url;
  std::string network_passphrase;
  ContractId router;
  chain::HttpOptions http;
  std::uint32_t inclusion_fee_max = 100'000;  // stroops; what is asked follows the network's statistics
  chain::SubmitOptions admin;                 // how creators are registered
  // Whose sequence numbers settlements take, and who pays their fees, instead of the settler itself: several
  // settlers sign with one key, and each has an account of its own here. Else they would take each other's
  // numbers: nothing is paid twice, but one of two transactions is refused.
  std::optional<chain::SecretKey> channel;
  // Signs credits, which are paid out of its account: the router's treasury. May be the settler's.
  std::optional<chain::SecretKey> treasury;
};

class SorobanChain : public ChainPort {
 public:
  // `settler` signs settlements, and pays them unless there is a channel; `admin`, when given, registers
  // creators and should be another account: one transaction of an account is in flight at a time. Refuses a
  // node of another network: code "wrong_network".
  static Result<std::unique_ptr<SorobanChain>> connect(SorobanConfig config, const chain::SecretKey& settler,
                                                       std::optional<chain::SecretKey> admin = std::nullopt);

  AccountId source() const override {
    return config_.channel ? config_.channel->account() : settler_.account();
  }
  Result<LedgerInfo> latest_ledger() override;
  Result<std::int64_t> next_sequence() override;
  Result<Preparation> prepare(std::span<const SettlementItem> items, std::int64_t sequence, TimeMs min_time,
                              TimeMs max_time) override;
  Result<Preparation> prepare_credits(std::span<const CreditItem> items, std::int64_t sequence,
                                      TimeMs min_time, TimeMs max_time) override;
  Result<Preparation> prepare_refund(const RefundItem& item, std::int64_t sequence, TimeMs min_time,
                                     TimeMs max_time) override;
  bool has_treasury() const override { return config_.treasury.has_value(); }
  // Code "foreign_treasury" when the router's treasury is another account than our key's.
  Result<Amount> treasury_balance() override;
  Result<std::vector<Amount>> credited(std::span<const CreditItem> items) override;
  Result<SendAnswer> send(std::string_view envelope) override;
  Result<TransactionAnswer> transaction(const Prepared& prepared) override;
  Result<std::vector<Amount>> paid(std::span<const SettlementItem> items) override;
  Result<EventPage> events(std::string_view cursor, std::uint32_t start_ledger) override;
  Result<LedgerInfo> oldest_ledger() override;
  Result<MeterReport> totals(const MeterId& meter) override;
  Result<void> register_creators(std::span<const CreatorId> creators) override;

 private:
  SorobanChain(SorobanConfig config, chain::RpcClient rpc, const chain::SecretKey& settler,
               std::optional<chain::SecretKey> admin);

  // A call of the router, simulated, assembled and signed by `signer`, whose word it asks for, and by the
  // account that pays; without items. `items`: how many codes it returns.
  Result<Preparation> prepare_call(std::string_view function, std::vector<chain::ScVal> args,
                                   const chain::SecretKey& signer, std::size_t items, std::int64_t sequence,
                                   TimeMs min_time, TimeMs max_time);
  Result<std::vector<CreditedItem>> credits_by_totals(std::span<const CreditItem> items);
  Result<std::vector<SettledItem>> items_by_totals(std::span<const SettlementItem> items);
  std::uint32_t inclusion_fee();

  SorobanConfig config_;
  chain::RpcClient rpc_;
  chain::NetworkId network_;
  chain::SecretKey settler_;
  std::optional<chain::Submitter> admin_;
};

}  // namespace paytick::settler
