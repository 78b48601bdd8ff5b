#pragma once
// Building a transaction: make, assemble from a simulation, check what the simulation does not, sign, hash.
// Pure functions; thread-safe.
//
// Error codes: "fee_too_high", "limit_<what>" (transaction_limits below), "bad_simulation".

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "chain/keys.h"
#include "chain/transaction_xdr.h"
#include "model/error.h"
#include "model/ids.h"
#include "model/money.h"

namespace paytick::chain {

using NetworkId = Hash;  // SHA-256 of the passphrase
NetworkId network_id(std::string_view passphrase);

// The public network's; development mode refuses it (DESIGN.md §6).
inline constexpr std::string_view kPublicPassphrase = "Public Global Stellar Network ; September 2015";

// Limits of one transaction, as the network's settings have them (stellar-core's settings of 2025, protocol
// 23 and on; `simulateTransaction` checks instructions only). A network with higher ones loses nothing here.
struct TransactionLimits {
  std::uint32_t instructions = 400'000'000;
  std::uint32_t footprint_entries = 400;
  std::uint32_t write_entries = 200;
  std::uint32_t write_bytes = 132'096;
  std::uint32_t disk_read_bytes = 200'000;
  std::uint32_t transaction_bytes = 132'096;
  std::uint32_t key_bytes = 250;
  std::uint32_t events_and_return_bytes = 16'384;
};

Transaction make_transaction(const AccountId& source, std::int64_t sequence, std::uint32_t inclusion_fee,
                             TimeBounds bounds, OperationBody operation);

OperationBody invoke(const ContractId& contract, std::string_view function, std::vector<ScVal> args);
OperationBody upload(std::string wasm);
OperationBody create_contract(const AccountId& deployer, const Hash& salt, const Hash& wasm_hash,
                              std::vector<ScVal> constructor_args);
OperationBody create_asset_contract(const Asset& asset);

ContractId contract_id_of(const NetworkId& network, const ContractIdPreimage& preimage);
ContractId asset_contract_id(const NetworkId& network, const Asset& asset);
ContractId deployed_contract_id(const NetworkId& network, const AccountId& deployer, const Hash& salt);

TxHash hash_of(const NetworkId& network, const Transaction& tx);

// Adds a signature by `key`.
void sign(const NetworkId& network, const SecretKey& key, SignedTransaction& envelope);

// Signs one address entry: the network's preimage hashed, the signature as Soroban accounts want it. Entries
// of the source account need none and are left alone.
void sign_authorization(const NetworkId& network, const SecretKey& key, std::uint32_t expiration_ledger,
                        AuthorizationEntry& entry);

// What simulateTransaction told, as far as it goes into the transaction.
struct SimulatedResources {
  SorobanData data;
  std::int64_t min_resource_fee = 0;
  std::vector<AuthorizationEntry> auth;
  std::size_t events_and_return_bytes = 0;  // what the call would emit, when the node told; else 0
};

// State moves between simulation and inclusion: declare a bit more than was seen.
struct Margins {
  std::uint32_t instructions_percent = 10;
  std::uint32_t fee_percent = 15;
  std::int64_t fee_max = 50'000'000;  // 5 XLM: a transaction of ours never costs more
};

// Fills in resources, fee and, when the operation carries none, authorizations.
Result<void> assemble(Transaction& tx, const SimulatedResources& simulated, const Margins& margins = {});

// To be called with the signed envelope, before it is written ahead and sent.
Result<void> check_limits(const SignedTransaction& envelope, std::size_t events_and_return_bytes,
                          const TransactionLimits& limits = {});

}  // namespace paytick::chain
