#include "chain/transaction.h"

#include <algorithm>
#include <limits>

#include "chain/xdr.h"

namespace paytick::chain {

namespace {

constexpr std::string_view kKeyMessage = "A ledger key is too long.";

template <typename Id>
std::string_view view(const Id& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

OperationBody host_function(HostFunction function) { return {InvokeHostFunction{std::move(function), {}}}; }

Hash authorization_hash(const NetworkId& network, const AddressCredentials& credentials, bool with_address,
                        const AuthorizedInvocation& root) {
  HashPreimage preimage;
  if (with_address)
    preimage.arm = AuthorizationPreimageV2{network, credentials.nonce, credentials.expiration_ledger,
                                           credentials.address, root};
  else
    preimage.arm = AuthorizationPreimage{network, credentials.nonce, credentials.expiration_ledger, root};
  return sha256(encode(preimage));
}

}  // namespace

NetworkId network_id(std::string_view passphrase) { return sha256(passphrase); }

Transaction make_transaction(const AccountId& source, std::int64_t sequence, std::uint32_t inclusion_fee,
                             TimeBounds bounds, OperationBody operation) {
  Transaction tx;
  tx.source = muxed(source);
  tx.fee = inclusion_fee;
  tx.sequence = sequence;
  tx.conditions.arm = bounds;
  tx.operations.push_back(Operation{std::nullopt, std::move(operation)});
  return tx;
}

OperationBody invoke(const ContractId& contract, std::string_view function, std::vector<ScVal> args) {
  return host_function({InvokeContract{ScAddress{contract}, {std::string(function)}, std::move(args)}});
}
OperationBody upload(std::string wasm) { return host_function({UploadWasm{{std::move(wasm)}}}); }
OperationBody create_contract(const AccountId& deployer, const Hash& salt, const Hash& wasm_hash,
                              std::vector<ScVal> constructor_args) {
  return host_function({CreateContractV2{
      {FromAddress{ScAddress{deployer}, salt}}, {WasmExecutable{wasm_hash}}, std::move(constructor_args)}});
}
OperationBody create_asset_contract(const Asset& asset) {
  return host_function({CreateContract{{asset}, {AssetExecutable{}}}});
}

ContractId contract_id_of(const NetworkId& network, const ContractIdPreimage& preimage) {
  return ContractId{sha256(encode(HashPreimage{ContractIdFrom{network, preimage}})).bytes};
}
ContractId asset_contract_id(const NetworkId& network, const Asset& asset) {
  return contract_id_of(network, {asset});
}
ContractId deployed_contract_id(const NetworkId& network, const AccountId& deployer, const Hash& salt) {
  return contract_id_of(network, {FromAddress{ScAddress{deployer}, salt}});
}

TxHash hash_of(const NetworkId& network, const Transaction& tx) {
  return TxHash{sha256(encode(SignaturePayload{network, {tx}})).bytes};
}

void sign(const NetworkId& network, const SecretKey& key, SignedTransaction& envelope) {
  const TxHash hash = hash_of(network, envelope.tx);
  const Signature signature = key.sign(view(hash));
  DecoratedSignature decorated;
  const AccountId account = key.account();
  std::copy(account.bytes.end() - 4, account.bytes.end(), decorated.hint.bytes.begin());
  decorated.signature.bytes.assign(signature.begin(), signature.end());
  envelope.signatures.push_back(std::move(decorated));
}

void sign_authorization(const NetworkId& network, const SecretKey& key, std::uint32_t expiration_ledger,
                        AuthorizationEntry& entry) {
  auto* v2 = entry.credentials.get<AddressCredentialsV2>();
  auto* credentials = v2 != nullptr ? &v2->credentials : entry.credentials.get<AddressCredentials>();
  if (credentials == nullptr) return;
  credentials->expiration_ledger = expiration_ledger;
  const Hash hash = authorization_hash(network, *credentials, v2 != nullptr, entry.root);
  const Signature signature = key.sign(view(hash));
  const std::string signature_bytes(signature.begin(), signature.end());
  credentials->signature = sc_vec({sc_map({{sc_symbol("public_key"), sc_bytes(view(key.account()))},
                                           {sc_symbol("signature"), sc_bytes(signature_bytes)}})});
}

Result<void> assemble(Transaction& tx, const SimulatedResources& simulated, const Margins& margins) {
  constexpr std::int64_t kPercent = 100;
  if (simulated.min_resource_fee < 0 || simulated.min_resource_fee > margins.fee_max)
    return fail("fee_too_high", "The network asks " + std::to_string(simulated.min_resource_fee) +
                                    " stroops for this transaction; the most that is allowed is " +
                                    std::to_string(margins.fee_max) + ".");
  SorobanData data = simulated.data;
  const std::uint64_t instructions =
      std::uint64_t{data.resources.instructions} * (kPercent + margins.instructions_percent) / kPercent;
  const std::uint64_t cap = std::max(data.resources.instructions, TransactionLimits{}.instructions);
  data.resources.instructions = static_cast<std::uint32_t>(std::min(instructions, cap));
  data.resource_fee = simulated.min_resource_fee * (kPercent + margins.fee_percent) / kPercent;
  const std::int64_t fee = data.resource_fee + std::int64_t{tx.fee};
  if (fee > std::numeric_limits<std::uint32_t>::max())
    return fail("fee_too_high", "The fee does not fit a transaction.");
  tx.fee = static_cast<std::uint32_t>(fee);
  tx.ext.arm = std::move(data);
  if (tx.operations.size() != 1) return fail("bad_simulation", "A Soroban transaction has one operation.");
  if (auto* call = tx.operations.front().body.get<InvokeHostFunction>();
      call != nullptr && call->auth.empty())
    call->auth = simulated.auth;
  return {};
}

Result<void> check_limits(const SignedTransaction& envelope, std::size_t events_and_return_bytes,
                          const TransactionLimits& limits) {
  const auto over = [](std::string_view what, std::size_t is, std::size_t most) {
    return fail("limit_" + std::string(what), "The transaction has " + std::to_string(is) + " of " +
                                                  std::string(what) + "; the network takes " +
                                                  std::to_string(most) + ". Put fewer items into a batch.");
  };
  const std::size_t bytes = encode(Envelope{envelope}).size();
  if (bytes > limits.transaction_bytes) return over("transaction_bytes", bytes, limits.transaction_bytes);
  const auto* data = envelope.tx.ext.get<SorobanData>();
  if (data == nullptr) return {};
  const Resources& used = data->resources;
  const std::size_t writes = used.footprint.read_write.size();
  const std::size_t entries = writes + used.footprint.read_only.size();
  if (used.instructions > limits.instructions)
    return over("instructions", used.instructions, limits.instructions);
  if (entries > limits.footprint_entries) return over("footprint_entries", entries, limits.footprint_entries);
  if (writes > limits.write_entries) return over("write_entries", writes, limits.write_entries);
  if (used.write_bytes > limits.write_bytes) return over("write_bytes", used.write_bytes, limits.write_bytes);
  if (used.disk_read_bytes > limits.disk_read_bytes)
    return over("disk_read_bytes", used.disk_read_bytes, limits.disk_read_bytes);
  if (events_and_return_bytes > limits.events_and_return_bytes)
    return over("events_and_return_bytes", events_and_return_bytes, limits.events_and_return_bytes);
  for (const auto* keys : {&used.footprint.read_only, &used.footprint.read_write})
    for (const LedgerKey& key : *keys)
      if (encode(key).size() > limits.key_bytes) return fail("limit_key_bytes", std::string(kKeyMessage));
  return {};
}

}  // namespace paytick::chain
