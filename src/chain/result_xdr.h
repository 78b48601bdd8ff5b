#pragma once
// What the network says of a transaction: its result, its meta (for the return value), its events.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chain/ledger_xdr.h"
#include "chain/scval.h"

namespace paytick::chain {

// Result codes keep their wire numbers; only those that decide something are named.
inline constexpr std::int32_t kTxSuccess = 0;
inline constexpr std::int32_t kTxFailed = -1;
inline constexpr std::int32_t kTxTooEarly = -2;
inline constexpr std::int32_t kTxTooLate = -3;
inline constexpr std::int32_t kTxBadSequence = -5;
inline constexpr std::int32_t kTxBadAuth = -6;
inline constexpr std::int32_t kTxInsufficientBalance = -7;
inline constexpr std::int32_t kTxNoAccount = -8;
inline constexpr std::int32_t kTxInsufficientFee = -9;
inline constexpr std::int32_t kTxInternalError = -11;
inline constexpr std::int32_t kTxCodeMin = -18;

inline constexpr std::int32_t kInvokeTrapped = -2;
inline constexpr std::int32_t kInvokeResourceLimit = -3;
inline constexpr std::int32_t kInvokeEntryArchived = -4;
inline constexpr std::int32_t kInvokeRefundableFee = -5;

struct OperationResult {
  std::int32_t code = 0;                // 0: the operation ran, see below; else it was not tried
  std::int32_t type = 0;                // of the operation, as in transaction_xdr.h
  std::int32_t result = 0;              // 0: it succeeded; else the operation's own code
  std::optional<Hash> invocation_hash;  // of a contract call that succeeded
  void put(Writer& w) const;
  bool get_from(Reader& r);
  friend bool operator==(const OperationResult&, const OperationResult&) = default;
};
struct TransactionResult {
  std::int64_t fee_charged = 0;
  std::int32_t code = 0;
  std::vector<OperationResult> operations;  // with kTxSuccess and kTxFailed only
  void put(Writer& w) const;
  bool get_from(Reader& r);
  friend bool operator==(const TransactionResult&, const TransactionResult&) = default;
};

// Stable words: "tx_bad_seq", "tx_too_late", and for a failed operation its own: "invoke_trapped".
std::string_view code_name(const TransactionResult& result);

enum class EventType : std::int32_t { system = 0, contract = 1, diagnostic = 2 };
constexpr bool is_known(EventType type) { return type >= EventType::system && type <= EventType::diagnostic; }
struct EventBody {
  std::vector<ScVal> topics;
  ScVal data;
  static constexpr auto kXdr = std::tuple(&EventBody::topics, &EventBody::data);
  friend bool operator==(const EventBody&, const EventBody&) = default;
};
struct ContractEvent {
  NoExtension ext;
  std::optional<ContractId> contract;
  EventType type = EventType::contract;
  Union<Case<0, EventBody>> body;
  static constexpr auto kXdr =
      std::tuple(&ContractEvent::ext, &ContractEvent::contract, &ContractEvent::type, &ContractEvent::body);
  friend bool operator==(const ContractEvent&, const ContractEvent&) = default;
};
struct DiagnosticEvent {
  bool in_successful_call = false;
  ContractEvent event;
  static constexpr auto kXdr = std::tuple(&DiagnosticEvent::in_successful_call, &DiagnosticEvent::event);
  friend bool operator==(const DiagnosticEvent&, const DiagnosticEvent&) = default;
};
// The most telling words of a failed call's diagnostics, bounded; empty when there are none.
std::string error_message(const std::vector<DiagnosticEvent>& events);

using EntryCreated = ScScalar<LedgerEntry, struct CreatedTag>;
using EntryUpdated = ScScalar<LedgerEntry, struct UpdatedTag>;
using EntryRemoved = ScScalar<LedgerKey, struct RemovedTag>;
using EntryState = ScScalar<LedgerEntry, struct StateTag>;
using EntryRestored = ScScalar<LedgerEntry, struct RestoredTag>;
using EntryChange = Union<Case<0, EntryCreated>, Case<1, EntryUpdated>, Case<2, EntryRemoved>,
                          Case<3, EntryState>, Case<4, EntryRestored>>;
using EntryChanges = std::vector<EntryChange>;

struct FeeMeta {
  NoExtension ext;
  std::int64_t non_refundable = 0, refundable = 0, rent = 0;
  static constexpr auto kXdr =
      std::tuple(&FeeMeta::ext, &FeeMeta::non_refundable, &FeeMeta::refundable, &FeeMeta::rent);
  friend bool operator==(const FeeMeta&, const FeeMeta&) = default;
};
using SorobanMetaExtension = Union<Case<0, NoMore>, Case<1, FeeMeta>>;

struct SorobanMetaV3 {
  SorobanMetaExtension ext;
  std::vector<ContractEvent> events;
  ScVal return_value;
  std::vector<DiagnosticEvent> diagnostics;
  static constexpr auto kXdr = std::tuple(&SorobanMetaV3::ext, &SorobanMetaV3::events,
                                          &SorobanMetaV3::return_value, &SorobanMetaV3::diagnostics);
  friend bool operator==(const SorobanMetaV3&, const SorobanMetaV3&) = default;
};
struct TransactionMetaV3 {
  NoExtension ext;
  EntryChanges before;
  std::vector<EntryChanges> operations;
  EntryChanges after;
  std::optional<SorobanMetaV3> soroban;
  static constexpr auto kXdr =
      std::tuple(&TransactionMetaV3::ext, &TransactionMetaV3::before, &TransactionMetaV3::operations,
                 &TransactionMetaV3::after, &TransactionMetaV3::soroban);
  friend bool operator==(const TransactionMetaV3&, const TransactionMetaV3&) = default;
};

struct OperationMetaV2 {
  NoExtension ext;
  EntryChanges changes;
  std::vector<ContractEvent> events;
  static constexpr auto kXdr =
      std::tuple(&OperationMetaV2::ext, &OperationMetaV2::changes, &OperationMetaV2::events);
  friend bool operator==(const OperationMetaV2&, const OperationMetaV2&) = default;
};
struct SorobanMetaV4 {
  SorobanMetaExtension ext;
  std::optional<ScVal> return_value;
  static constexpr auto kXdr = std::tuple(&SorobanMetaV4::ext, &SorobanMetaV4::return_value);
  friend bool operator==(const SorobanMetaV4&, const SorobanMetaV4&) = default;
};
enum class EventStage : std::int32_t { before_all = 0, after_tx = 1, after_all = 2 };
constexpr bool is_known(EventStage s) { return s >= EventStage::before_all && s <= EventStage::after_all; }
struct TransactionEvent {
  EventStage stage{};
  ContractEvent event;
  static constexpr auto kXdr = std::tuple(&TransactionEvent::stage, &TransactionEvent::event);
  friend bool operator==(const TransactionEvent&, const TransactionEvent&) = default;
};
struct TransactionMetaV4 {
  NoExtension ext;
  EntryChanges before;
  std::vector<OperationMetaV2> operations;
  EntryChanges after;
  std::optional<SorobanMetaV4> soroban;
  std::vector<TransactionEvent> events;
  std::vector<DiagnosticEvent> diagnostics;
  static constexpr auto kXdr =
      std::tuple(&TransactionMetaV4::ext, &TransactionMetaV4::before, &TransactionMetaV4::operations,
                 &TransactionMetaV4::after, &TransactionMetaV4::soroban, &TransactionMetaV4::events,
                 &TransactionMetaV4::diagnostics);
  friend bool operator==(const TransactionMetaV4&, const TransactionMetaV4&) = default;
};
using TransactionMeta = Union<Case<3, TransactionMetaV3>, Case<4, TransactionMetaV4>>;

std::optional<ScVal> return_value_of(const TransactionMeta& meta);

}  // namespace paytick::chain
