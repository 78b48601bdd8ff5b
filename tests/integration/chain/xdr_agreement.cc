// The C++ half of agree.js: reads commands, one a line, and answers each with a line.
//   <type> BASE64                              -> what it reads, written again; or "refused"
//   sign SEED PASSPHRASE64 ENVELOPE64          -> HASH SIGNED-ENVELOPE64
//   auth SEED PASSPHRASE64 LEDGER ENTRY64      -> SIGNED-ENTRY64
//   make SEED PASSPHRASE64 NUMBER              -> HASH SIGNED-ENVELOPE64 of a transaction of the builder's
//   account SEED                               -> G…
//   contract PASSPHRASE64 ACCOUNT SALT-TEXT    -> C… deployed by it, and the native asset's C…
#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include "chain/keys.h"
#include "chain/transaction.h"
#include "chain/xdr.h"

namespace paytick::chain {
namespace {

template <typename T>
std::string again(const std::string& base64) {
  const auto value = decode_base64<T>(base64);
  return value ? encode_base64(*value) : "refused";
}

const std::map<std::string, std::string (*)(const std::string&)> kTypes{
    {"ScVal", again<ScVal>},
    {"LedgerKey", again<LedgerKey>},
    {"LedgerEntry", again<LedgerEntry>},
    {"LedgerEntryData", again<LedgerEntryData>},
    {"TransactionEnvelope", again<Envelope>},
    {"Transaction", again<Transaction>},
    {"SorobanTransactionData", again<SorobanData>},
    {"SorobanAuthorizationEntry", again<AuthorizationEntry>},
    {"HostFunction", again<HostFunction>},
    {"Operation", again<Operation>},
    {"TransactionResult", again<TransactionResult>},
    {"TransactionMeta", again<TransactionMeta>},
    {"ContractEvent", again<ContractEvent>},
    {"DiagnosticEvent", again<DiagnosticEvent>},
};

SecretKey key_of(const std::string& seed) { return SecretKey::parse(seed).value(); }
NetworkId network_of(const std::string& passphrase64) {
  return network_id(from_base64(passphrase64).value());
}

std::string signed_text(const NetworkId& network, const SecretKey& key, SignedTransaction envelope) {
  sign(network, key, envelope);
  return to_text(hash_of(network, envelope.tx)) + " " + encode_base64(Envelope{envelope});
}

OperationBody some_operation(const SecretKey& key, std::int64_t n) {
  const Hash hash = sha256(std::to_string(n));
  const ContractId contract{hash.bytes};
  switch (n % 7) {
    case 0:
      return {Payment{muxed(key.account()), {Native{}}, n + 1}};
    case 1:
      return {CreateAccount{AccountId{SecretKey::from_seed(hash.bytes).account()}, n + 10'000'000}};
    case 2:
      return upload(std::string(static_cast<std::size_t>(n % 97), 'w'));
    case 3:
      return create_contract(key.account(), hash, hash, {sc_i128(Amount(-n)), sc_u64(7)});
    case 4:
      return create_asset_contract({Native{}});
    case 5:
      return invoke(contract, "settle",
                    {sc_vec({sc_vec({sc_address(contract), sc_address(key.account()), sc_u32(1'000),
                                     sc_i128(Amount(n))})})});
    default:
      return {RestoreFootprint{}};
  }
}

std::string make(const NetworkId& network, const SecretKey& key, std::int64_t n) {
  SignedTransaction envelope;
  envelope.tx = make_transaction(key.account(), n + 1, static_cast<std::uint32_t>(100 + n),
                                 {static_cast<std::uint64_t>(n), static_cast<std::uint64_t>(n + 60)},
                                 some_operation(key, n));
  if (n % 7 >= 2) {
    SimulatedResources simulated;
    simulated.data.resources.footprint.read_write.push_back(account_key(key.account()));
    simulated.data.resources.footprint.read_only.push_back(instance_key(ContractId{sha256("c").bytes}));
    simulated.data.resources.instructions = static_cast<std::uint32_t>(n);
    simulated.min_resource_fee = 1'000 + n;
    if (!assemble(envelope.tx, simulated)) return "refused";
  }
  return signed_text(network, key, std::move(envelope));
}

std::string answer(std::istringstream& words) {
  std::string command, seed, passphrase, text;
  words >> command;
  if (const auto type = kTypes.find(command); type != kTypes.end()) {
    words >> text;
    return type->second(text);
  }
  if (command == "contract") {
    std::string account, salt;
    words >> passphrase >> account >> salt;
    const NetworkId network = network_of(passphrase);
    return to_text(deployed_contract_id(network, parse_id<AccountId>(account).value(), sha256(salt))) + " " +
           to_text(asset_contract_id(network, {Native{}}));
  }
  words >> seed;
  if (command == "account") return to_text(key_of(seed).account()) + " " + key_of(seed).seed_text();
  words >> passphrase;
  if (command == "make") {
    std::int64_t n = 0;
    words >> n;
    return make(network_of(passphrase), key_of(seed), n);
  }
  if (command == "sign") {
    words >> text;
    auto envelope = decode_base64<Envelope>(text);
    return envelope ? signed_text(network_of(passphrase), key_of(seed), *envelope->get<SignedTransaction>())
                    : "refused";
  }
  if (command == "auth") {
    std::uint32_t ledger = 0;
    words >> ledger >> text;
    auto entry = decode_base64<AuthorizationEntry>(text);
    if (!entry) return "refused";
    sign_authorization(network_of(passphrase), key_of(seed), ledger, *entry);
    return encode_base64(*entry);
  }
  return "unknown command";
}

}  // namespace
}  // namespace paytick::chain

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::cout << paytick::chain::answer(words) << "\n";
  }
  return 0;
}
