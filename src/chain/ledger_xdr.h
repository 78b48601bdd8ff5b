#pragma once
// Keys and entries of the ledger: the kinds that a Soroban transaction of ours can touch.

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "chain/scval.h"

namespace paytick::chain {

enum class Durability : std::int32_t { temporary = 0, persistent = 1 };
constexpr bool is_known(Durability d) { return d == Durability::temporary || d == Durability::persistent; }

// Asset codes, padded with zero bytes.
template <std::size_t N>
struct AlphaNum {
  Bytes<N, struct AssetCodeTag> code;
  AccountId issuer;
  static constexpr auto kXdr = std::tuple(&AlphaNum::code, &AlphaNum::issuer);
  friend bool operator==(const AlphaNum&, const AlphaNum&) = default;
};
using Native = ScUnit<struct NativeTag>;
using Asset = Union<Case<0, Native>, Case<1, AlphaNum<4>>, Case<2, AlphaNum<12>>>;
using TrustLineAsset = Union<Case<0, Native>, Case<1, AlphaNum<4>>, Case<2, AlphaNum<12>>, Case<3, PoolId>>;

struct AccountKey {
  AccountId account;
  static constexpr auto kXdr = std::tuple(&AccountKey::account);
  friend bool operator==(const AccountKey&, const AccountKey&) = default;
};
struct TrustLineKey {
  AccountId account;
  TrustLineAsset asset;
  static constexpr auto kXdr = std::tuple(&TrustLineKey::account, &TrustLineKey::asset);
  friend bool operator==(const TrustLineKey&, const TrustLineKey&) = default;
};
struct ContractDataKey {
  ScAddress contract;
  ScVal key;
  Durability durability = Durability::persistent;
  static constexpr auto kXdr =
      std::tuple(&ContractDataKey::contract, &ContractDataKey::key, &ContractDataKey::durability);
  friend bool operator==(const ContractDataKey&, const ContractDataKey&) = default;
};
struct ContractCodeKey {
  Hash hash;
  static constexpr auto kXdr = std::tuple(&ContractCodeKey::hash);
  friend bool operator==(const ContractCodeKey&, const ContractCodeKey&) = default;
};
struct TtlKey {
  Hash key_hash;
  static constexpr auto kXdr = std::tuple(&TtlKey::key_hash);
  friend bool operator==(const TtlKey&, const TtlKey&) = default;
};
using LedgerKey = Union<Case<0, AccountKey>, Case<1, TrustLineKey>, Case<6, ContractDataKey>,
                        Case<7, ContractCodeKey>, Case<9, TtlKey>>;

LedgerKey account_key(const AccountId& account);
LedgerKey instance_key(const ContractId& contract);
LedgerKey data_key(const ContractId& contract, ScVal key, Durability durability = Durability::persistent);
LedgerKey code_key(const Hash& wasm_hash);

using Sponsor = std::optional<AccountId>;
using NoMore = ScUnit<struct NoMoreTag>;  // version 0 of an extension: nothing follows

struct Liabilities {
  std::int64_t buying = 0, selling = 0;
  static constexpr auto kXdr = std::tuple(&Liabilities::buying, &Liabilities::selling);
  friend bool operator==(const Liabilities&, const Liabilities&) = default;
};
struct AccountExtensionV3 {
  NoExtension ext;
  std::uint32_t sequence_ledger = 0;
  std::uint64_t sequence_time_s = 0;
  static constexpr auto kXdr = std::tuple(&AccountExtensionV3::ext, &AccountExtensionV3::sequence_ledger,
                                          &AccountExtensionV3::sequence_time_s);
  friend bool operator==(const AccountExtensionV3&, const AccountExtensionV3&) = default;
};
struct AccountExtensionV2 {
  std::uint32_t sponsored = 0, sponsoring = 0;
  XdrList<Sponsor, 20> signer_sponsors;
  Union<Case<0, NoMore>, Case<3, AccountExtensionV3>> ext;
  static constexpr auto kXdr = std::tuple(&AccountExtensionV2::sponsored, &AccountExtensionV2::sponsoring,
                                          &AccountExtensionV2::signer_sponsors, &AccountExtensionV2::ext);
  friend bool operator==(const AccountExtensionV2&, const AccountExtensionV2&) = default;
};
struct AccountExtensionV1 {
  Liabilities liabilities;
  Union<Case<0, NoMore>, Case<2, AccountExtensionV2>> ext;
  static constexpr auto kXdr = std::tuple(&AccountExtensionV1::liabilities, &AccountExtensionV1::ext);
  friend bool operator==(const AccountExtensionV1&, const AccountExtensionV1&) = default;
};

using SignerEd25519 = ScScalar<Hash, struct SignerEd25519Tag>;
using SignerPreAuth = ScScalar<Hash, struct SignerPreAuthTag>;
using SignerHashX = ScScalar<Hash, struct SignerHashXTag>;
struct SignedPayload {
  Hash key;
  XdrString<64> payload;
  static constexpr auto kXdr = std::tuple(&SignedPayload::key, &SignedPayload::payload);
  friend bool operator==(const SignedPayload&, const SignedPayload&) = default;
};
using SignerKey =
    Union<Case<0, SignerEd25519>, Case<1, SignerPreAuth>, Case<2, SignerHashX>, Case<3, SignedPayload>>;
struct Signer {
  SignerKey key;
  std::uint32_t weight = 0;
  static constexpr auto kXdr = std::tuple(&Signer::key, &Signer::weight);
  friend bool operator==(const Signer&, const Signer&) = default;
};

struct AccountEntry {
  AccountId account;
  std::int64_t balance = 0;
  std::int64_t sequence = 0;  // the last one used
  std::uint32_t subentries = 0;
  std::optional<AccountId> inflation_destination;
  std::uint32_t flags = 0;
  XdrString<32> home_domain;
  Bytes<4, struct ThresholdsTag> thresholds;  // weight of the master key, low, medium, high
  XdrList<Signer, 20> signers;
  Union<Case<0, NoMore>, Case<1, AccountExtensionV1>> ext;
  static constexpr auto kXdr = std::tuple(
      &AccountEntry::account, &AccountEntry::balance, &AccountEntry::sequence, &AccountEntry::subentries,
      &AccountEntry::inflation_destination, &AccountEntry::flags, &AccountEntry::home_domain,
      &AccountEntry::thresholds, &AccountEntry::signers, &AccountEntry::ext);
  friend bool operator==(const AccountEntry&, const AccountEntry&) = default;
};

struct TrustLineExtensionV2 {
  std::int32_t pool_use_count = 0;
  NoExtension ext;
  static constexpr auto kXdr = std::tuple(&TrustLineExtensionV2::pool_use_count, &TrustLineExtensionV2::ext);
  friend bool operator==(const TrustLineExtensionV2&, const TrustLineExtensionV2&) = default;
};
struct TrustLineExtensionV1 {
  Liabilities liabilities;
  Union<Case<0, NoMore>, Case<2, TrustLineExtensionV2>> ext;
  static constexpr auto kXdr = std::tuple(&TrustLineExtensionV1::liabilities, &TrustLineExtensionV1::ext);
  friend bool operator==(const TrustLineExtensionV1&, const TrustLineExtensionV1&) = default;
};
struct TrustLineEntry {
  AccountId account;
  TrustLineAsset asset;
  std::int64_t balance = 0, limit = 0;
  std::uint32_t flags = 0;
  Union<Case<0, NoMore>, Case<1, TrustLineExtensionV1>> ext;
  static constexpr auto kXdr =
      std::tuple(&TrustLineEntry::account, &TrustLineEntry::asset, &TrustLineEntry::balance,
                 &TrustLineEntry::limit, &TrustLineEntry::flags, &TrustLineEntry::ext);
  friend bool operator==(const TrustLineEntry&, const TrustLineEntry&) = default;
};

struct ContractDataEntry {
  NoExtension ext;
  ScAddress contract;
  ScVal key;
  Durability durability = Durability::persistent;
  ScVal val;
  static constexpr auto kXdr =
      std::tuple(&ContractDataEntry::ext, &ContractDataEntry::contract, &ContractDataEntry::key,
                 &ContractDataEntry::durability, &ContractDataEntry::val);
  friend bool operator==(const ContractDataEntry&, const ContractDataEntry&) = default;
};

struct CodeCosts {
  NoExtension outer, ext;                  // the outer one is version 1's own
  std::array<std::uint32_t, 10> counts{};  // instructions … data segment bytes
  void put(Writer& w) const;
  bool get_from(Reader& r);
  friend bool operator==(const CodeCosts&, const CodeCosts&) = default;
};
struct ContractCodeEntry {
  Union<Case<0, NoMore>, Case<1, CodeCosts>> ext;
  Hash hash;
  XdrString<0xffffffff> code;
  static constexpr auto kXdr =
      std::tuple(&ContractCodeEntry::ext, &ContractCodeEntry::hash, &ContractCodeEntry::code);
  friend bool operator==(const ContractCodeEntry&, const ContractCodeEntry&) = default;
};

struct TtlEntry {
  Hash key_hash;
  std::uint32_t live_until_ledger = 0;
  static constexpr auto kXdr = std::tuple(&TtlEntry::key_hash, &TtlEntry::live_until_ledger);
  friend bool operator==(const TtlEntry&, const TtlEntry&) = default;
};

using LedgerEntryData = Union<Case<0, AccountEntry>, Case<1, TrustLineEntry>, Case<6, ContractDataEntry>,
                              Case<7, ContractCodeEntry>, Case<9, TtlEntry>>;

struct LedgerEntryExtension {
  Sponsor sponsor;
  NoExtension ext;
  static constexpr auto kXdr = std::tuple(&LedgerEntryExtension::sponsor, &LedgerEntryExtension::ext);
  friend bool operator==(const LedgerEntryExtension&, const LedgerEntryExtension&) = default;
};
struct LedgerEntry {
  std::uint32_t last_modified_ledger = 0;
  LedgerEntryData data;
  Union<Case<0, NoMore>, Case<1, LedgerEntryExtension>> ext;
  static constexpr auto kXdr =
      std::tuple(&LedgerEntry::last_modified_ledger, &LedgerEntry::data, &LedgerEntry::ext);
  friend bool operator==(const LedgerEntry&, const LedgerEntry&) = default;
};

}  // namespace paytick::chain
