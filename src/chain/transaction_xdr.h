#pragma once
// Transactions: envelope, preconditions, the operations paytick sends, Soroban's resources and
// authorizations.

#include <cstdint>
#include <optional>
#include <vector>

#include "chain/ledger_xdr.h"
#include "chain/scval.h"

namespace paytick::chain {

using Ed25519Source = ScScalar<Hash, struct Ed25519SourceTag>;
using MuxedAccount = Union<Case<0, Ed25519Source>, Case<0x100, MuxedEd25519>>;
MuxedAccount muxed(const AccountId& account);
AccountId account_of(const MuxedAccount& muxed);

struct TimeBounds {
  std::uint64_t min_s = 0;
  std::uint64_t max_s = 0;  // 0: none
  static constexpr auto kXdr = std::tuple(&TimeBounds::min_s, &TimeBounds::max_s);
  friend bool operator==(const TimeBounds&, const TimeBounds&) = default;
};
struct LedgerBounds {
  std::uint32_t min = 0, max = 0;
  static constexpr auto kXdr = std::tuple(&LedgerBounds::min, &LedgerBounds::max);
  friend bool operator==(const LedgerBounds&, const LedgerBounds&) = default;
};
struct PreconditionsV2 {
  std::optional<TimeBounds> time;
  std::optional<LedgerBounds> ledgers;
  std::optional<std::int64_t> min_sequence;
  std::uint64_t min_sequence_age_s = 0;
  std::uint32_t min_sequence_ledger_gap = 0;
  XdrList<SignerKey, 2> extra_signers;
  static constexpr auto kXdr =
      std::tuple(&PreconditionsV2::time, &PreconditionsV2::ledgers, &PreconditionsV2::min_sequence,
                 &PreconditionsV2::min_sequence_age_s, &PreconditionsV2::min_sequence_ledger_gap,
                 &PreconditionsV2::extra_signers);
  friend bool operator==(const PreconditionsV2&, const PreconditionsV2&) = default;
};
using NoPreconditions = ScUnit<struct NoPreconditionsTag>;
using Preconditions = Union<Case<0, NoPreconditions>, Case<1, TimeBounds>, Case<2, PreconditionsV2>>;

using NoMemo = ScUnit<struct NoMemoTag>;
using MemoText = ScScalar<XdrString<28>, struct MemoTextTag>;
using MemoId = ScScalar<std::uint64_t, struct MemoIdTag>;
using MemoHash = ScScalar<Hash, struct MemoHashTag>;
using MemoReturn = ScScalar<Hash, struct MemoReturnTag>;
using Memo =
    Union<Case<0, NoMemo>, Case<1, MemoText>, Case<2, MemoId>, Case<3, MemoHash>, Case<4, MemoReturn>>;

struct InvokeContract {
  ScAddress contract;
  XdrString<32> function;
  std::vector<ScVal> args;
  static constexpr auto kXdr =
      std::tuple(&InvokeContract::contract, &InvokeContract::function, &InvokeContract::args);
  friend bool operator==(const InvokeContract&, const InvokeContract&) = default;
};

struct FromAddress {
  ScAddress address;
  Hash salt;
  static constexpr auto kXdr = std::tuple(&FromAddress::address, &FromAddress::salt);
  friend bool operator==(const FromAddress&, const FromAddress&) = default;
};
using ContractIdPreimage = Union<Case<0, FromAddress>, Case<1, Asset>>;
struct CreateContract {
  ContractIdPreimage preimage;
  ContractExecutable executable;
  static constexpr auto kXdr = std::tuple(&CreateContract::preimage, &CreateContract::executable);
  friend bool operator==(const CreateContract&, const CreateContract&) = default;
};
struct CreateContractV2 {
  ContractIdPreimage preimage;
  ContractExecutable executable;
  std::vector<ScVal> constructor_args;
  static constexpr auto kXdr = std::tuple(&CreateContractV2::preimage, &CreateContractV2::executable,
                                          &CreateContractV2::constructor_args);
  friend bool operator==(const CreateContractV2&, const CreateContractV2&) = default;
};
struct UploadWasm {
  XdrString<0xffffffff> wasm;
  static constexpr auto kXdr = std::tuple(&UploadWasm::wasm);
  friend bool operator==(const UploadWasm&, const UploadWasm&) = default;
};
using HostFunction =
    Union<Case<0, InvokeContract>, Case<1, CreateContract>, Case<2, UploadWasm>, Case<3, CreateContractV2>>;

using AuthorizedFunction = Union<Case<0, InvokeContract>, Case<1, CreateContract>, Case<2, CreateContractV2>>;
struct AuthorizedInvocation {
  AuthorizedFunction function;
  std::vector<AuthorizedInvocation> sub_invocations;
  void put(Writer& w) const;
  bool get_from(Reader& r);
  friend bool operator==(const AuthorizedInvocation& a, const AuthorizedInvocation& b);
};
struct AddressCredentials {
  ScAddress address;
  std::int64_t nonce = 0;
  std::uint32_t expiration_ledger = 0;
  ScVal signature;
  static constexpr auto kXdr =
      std::tuple(&AddressCredentials::address, &AddressCredentials::nonce,
                 &AddressCredentials::expiration_ledger, &AddressCredentials::signature);
  friend bool operator==(const AddressCredentials&, const AddressCredentials&) = default;
};
// The newer kind: its signature covers the address too.
struct AddressCredentialsV2 {
  AddressCredentials credentials;
  static constexpr auto kXdr = std::tuple(&AddressCredentialsV2::credentials);
  friend bool operator==(const AddressCredentialsV2&, const AddressCredentialsV2&) = default;
};
using SourceCredentials = ScUnit<struct SourceCredentialsTag>;
using Credentials =
    Union<Case<0, SourceCredentials>, Case<1, AddressCredentials>, Case<2, AddressCredentialsV2>>;
struct AuthorizationEntry {
  Credentials credentials;
  AuthorizedInvocation root;
  static constexpr auto kXdr = std::tuple(&AuthorizationEntry::credentials, &AuthorizationEntry::root);
  friend bool operator==(const AuthorizationEntry&, const AuthorizationEntry&) = default;
};

struct CreateAccount {
  AccountId destination;
  std::int64_t starting_balance = 0;
  static constexpr auto kXdr = std::tuple(&CreateAccount::destination, &CreateAccount::starting_balance);
  friend bool operator==(const CreateAccount&, const CreateAccount&) = default;
};
struct Payment {
  MuxedAccount destination;
  Asset asset;
  std::int64_t amount = 0;
  static constexpr auto kXdr = std::tuple(&Payment::destination, &Payment::asset, &Payment::amount);
  friend bool operator==(const Payment&, const Payment&) = default;
};
struct InvokeHostFunction {
  HostFunction function;
  std::vector<AuthorizationEntry> auth;
  static constexpr auto kXdr = std::tuple(&InvokeHostFunction::function, &InvokeHostFunction::auth);
  friend bool operator==(const InvokeHostFunction&, const InvokeHostFunction&) = default;
};
struct ExtendTtl {
  NoExtension ext;
  std::uint32_t extend_to = 0;
  static constexpr auto kXdr = std::tuple(&ExtendTtl::ext, &ExtendTtl::extend_to);
  friend bool operator==(const ExtendTtl&, const ExtendTtl&) = default;
};
struct RestoreFootprint {
  NoExtension ext;
  static constexpr auto kXdr = std::tuple(&RestoreFootprint::ext);
  friend bool operator==(const RestoreFootprint&, const RestoreFootprint&) = default;
};
using OperationBody = Union<Case<0, CreateAccount>, Case<1, Payment>, Case<24, InvokeHostFunction>,
                            Case<25, ExtendTtl>, Case<26, RestoreFootprint>>;
struct Operation {
  std::optional<MuxedAccount> source;
  OperationBody body;
  static constexpr auto kXdr = std::tuple(&Operation::source, &Operation::body);
  friend bool operator==(const Operation&, const Operation&) = default;
};

struct Footprint {
  std::vector<LedgerKey> read_only, read_write;
  static constexpr auto kXdr = std::tuple(&Footprint::read_only, &Footprint::read_write);
  friend bool operator==(const Footprint&, const Footprint&) = default;
};
struct Resources {
  Footprint footprint;
  std::uint32_t instructions = 0, disk_read_bytes = 0, write_bytes = 0;
  static constexpr auto kXdr = std::tuple(&Resources::footprint, &Resources::instructions,
                                          &Resources::disk_read_bytes, &Resources::write_bytes);
  friend bool operator==(const Resources&, const Resources&) = default;
};
// Positions, in the read-write footprint, of entries to be restored from the archive.
struct ArchivedEntries {
  std::vector<std::uint32_t> positions;
  static constexpr auto kXdr = std::tuple(&ArchivedEntries::positions);
  friend bool operator==(const ArchivedEntries&, const ArchivedEntries&) = default;
};
struct SorobanData {
  Union<Case<0, NoMore>, Case<1, ArchivedEntries>> ext;
  Resources resources;
  std::int64_t resource_fee = 0;
  static constexpr auto kXdr =
      std::tuple(&SorobanData::ext, &SorobanData::resources, &SorobanData::resource_fee);
  friend bool operator==(const SorobanData&, const SorobanData&) = default;
};

struct Transaction {
  MuxedAccount source;
  std::uint32_t fee = 0;  // the most the source pays, resources included
  std::int64_t sequence = 0;
  Preconditions conditions;
  Memo memo;
  XdrList<Operation, 100> operations;
  Union<Case<0, NoMore>, Case<1, SorobanData>> ext;
  static constexpr auto kXdr =
      std::tuple(&Transaction::source, &Transaction::fee, &Transaction::sequence, &Transaction::conditions,
                 &Transaction::memo, &Transaction::operations, &Transaction::ext);
  friend bool operator==(const Transaction&, const Transaction&) = default;
};
struct DecoratedSignature {
  Bytes<4, struct HintTag> hint;  // last bytes of the public key
  XdrString<64> signature;
  static constexpr auto kXdr = std::tuple(&DecoratedSignature::hint, &DecoratedSignature::signature);
  friend bool operator==(const DecoratedSignature&, const DecoratedSignature&) = default;
};
struct SignedTransaction {
  Transaction tx;
  XdrList<DecoratedSignature, 20> signatures;
  static constexpr auto kXdr = std::tuple(&SignedTransaction::tx, &SignedTransaction::signatures);
  friend bool operator==(const SignedTransaction&, const SignedTransaction&) = default;
};
using Envelope = Union<Case<2, SignedTransaction>>;  // ENVELOPE_TYPE_TX, the only kind paytick sends

// What is hashed and signed.
struct SignaturePayload {
  Hash network;
  Union<Case<2, Transaction>> tagged;
  static constexpr auto kXdr = std::tuple(&SignaturePayload::network, &SignaturePayload::tagged);
  friend bool operator==(const SignaturePayload&, const SignaturePayload&) = default;
};
struct AuthorizationPreimage {
  Hash network;
  std::int64_t nonce = 0;
  std::uint32_t expiration_ledger = 0;
  AuthorizedInvocation invocation;
  static constexpr auto kXdr =
      std::tuple(&AuthorizationPreimage::network, &AuthorizationPreimage::nonce,
                 &AuthorizationPreimage::expiration_ledger, &AuthorizationPreimage::invocation);
  friend bool operator==(const AuthorizationPreimage&, const AuthorizationPreimage&) = default;
};
struct AuthorizationPreimageV2 {
  Hash network;
  std::int64_t nonce = 0;
  std::uint32_t expiration_ledger = 0;
  ScAddress address;
  AuthorizedInvocation invocation;
  static constexpr auto kXdr =
      std::tuple(&AuthorizationPreimageV2::network, &AuthorizationPreimageV2::nonce,
                 &AuthorizationPreimageV2::expiration_ledger, &AuthorizationPreimageV2::address,
                 &AuthorizationPreimageV2::invocation);
  friend bool operator==(const AuthorizationPreimageV2&, const AuthorizationPreimageV2&) = default;
};
struct ContractIdFrom {
  Hash network;
  ContractIdPreimage preimage;
  static constexpr auto kXdr = std::tuple(&ContractIdFrom::network, &ContractIdFrom::preimage);
  friend bool operator==(const ContractIdFrom&, const ContractIdFrom&) = default;
};
using HashPreimage =
    Union<Case<8, ContractIdFrom>, Case<9, AuthorizationPreimage>, Case<10, AuthorizationPreimageV2>>;

}  // namespace paytick::chain
