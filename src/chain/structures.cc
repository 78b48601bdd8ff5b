// The few structures whose coding is more than a table, and small helpers around the tables.
#include <algorithm>
#include <iterator>

#include "chain/result_xdr.h"
#include "chain/transaction_xdr.h"

namespace paytick::chain {

LedgerKey account_key(const AccountId& account) { return {AccountKey{account}}; }
LedgerKey instance_key(const ContractId& contract) { return data_key(contract, sc_instance_key()); }
LedgerKey data_key(const ContractId& contract, ScVal key, Durability durability) {
  return {ContractDataKey{ScAddress{contract}, std::move(key), durability}};
}
LedgerKey code_key(const Hash& wasm_hash) { return {ContractCodeKey{wasm_hash}}; }

MuxedAccount muxed(const AccountId& account) { return {Ed25519Source{Hash{account.bytes}}}; }
AccountId account_of(const MuxedAccount& source) {
  if (const auto* key = source.get<Ed25519Source>()) return AccountId{key->value.bytes};
  return AccountId{source.get<MuxedEd25519>()->key.bytes};
}

void CodeCosts::put(Writer& w) const {
  chain::put(w, outer);
  chain::put(w, ext);
  for (const std::uint32_t count : counts) w.u32(count);
}
bool CodeCosts::get_from(Reader& r) {
  return chain::get(r, outer) && chain::get(r, ext) &&
         std::all_of(counts.begin(), counts.end(), [&](std::uint32_t& count) { return r.u32(count); });
}

void AuthorizedInvocation::put(Writer& w) const {
  chain::put(w, function);
  chain::put(w, sub_invocations);
}
bool AuthorizedInvocation::get_from(Reader& r) {
  return chain::get(r, function) && chain::get(r, sub_invocations);
}
bool operator==(const AuthorizedInvocation& a, const AuthorizedInvocation& b) {
  return a.function == b.function && a.sub_invocations == b.sub_invocations;
}

namespace {

constexpr std::int32_t kInvokeType = 24;

// The operations paytick sends, and the lowest result code of each.
struct OperationCodes {
  std::int32_t type, lowest;
};
constexpr OperationCodes kOperations[] = {{0, -4}, {1, -9}, {kInvokeType, -5}, {25, -3}, {26, -3}};

bool is_result(std::int32_t type, std::int32_t code) {
  return std::any_of(std::begin(kOperations), std::end(kOperations), [&](const OperationCodes& known) {
    return known.type == type && code <= 0 && code >= known.lowest;
  });
}

}  // namespace

void OperationResult::put(Writer& w) const {
  chain::put(w, code);
  if (code != 0) return;
  chain::put(w, type);
  chain::put(w, result);
  if (type == kInvokeType && result == 0) chain::put(w, invocation_hash.value_or(Hash{}));
}
bool OperationResult::get_from(Reader& r) {
  if (!chain::get(r, code)) return false;
  if (code != 0) return code < 0 && code >= -6;
  if (!chain::get(r, type) || !chain::get(r, result) || !is_result(type, result)) return false;
  return type != kInvokeType || result != 0 || chain::get(r, invocation_hash.emplace());
}

void TransactionResult::put(Writer& w) const {
  chain::put(w, fee_charged);
  chain::put(w, code);
  if (code == kTxSuccess || code == kTxFailed) chain::put(w, operations);
  chain::put(w, NoExtension{});
}
bool TransactionResult::get_from(Reader& r) {
  constexpr std::int32_t kFeeBumpFailed = -13;  // a kind of transaction that paytick does not send
  if (!chain::get(r, fee_charged) || !chain::get(r, code)) return false;
  if (code > kTxSuccess || code < kTxCodeMin || code == kFeeBumpFailed) return false;
  if ((code == kTxSuccess || code == kTxFailed) && !chain::get(r, operations)) return false;
  NoExtension ext;
  return chain::get(r, ext);
}

std::string_view code_name(const TransactionResult& result) {
  static constexpr std::array<std::string_view, 19> kTransaction{
      "tx_success",           "tx_failed",           "tx_too_early",       "tx_too_late",
      "tx_missing_operation", "tx_bad_seq",          "tx_bad_auth",        "tx_no_balance",
      "tx_no_account",        "tx_insufficient_fee", "tx_bad_auth_extra",  "tx_internal_error",
      "tx_not_supported",     "tx_fee_bump",         "tx_bad_sponsorship", "tx_bad_sequence_age",
      "tx_malformed",         "tx_soroban_invalid",  "tx_frozen_key"};
  static constexpr std::array<std::string_view, 6> kInvoke{"invoke_success",        "invoke_malformed",
                                                           "invoke_trapped",        "invoke_resource_limit",
                                                           "invoke_entry_archived", "invoke_refundable_fee"};
  if (result.code == kTxFailed)
    for (const OperationResult& op : result.operations) {
      if (op.code != 0) return "op_refused";
      if (op.result == 0) continue;
      const auto index = static_cast<std::size_t>(-static_cast<std::int64_t>(op.result));
      return op.type == kInvokeType && index < kInvoke.size() ? kInvoke[index] : "op_failed";
    }
  const auto index = static_cast<std::size_t>(-static_cast<std::int64_t>(result.code));
  return index < kTransaction.size() ? kTransaction[index] : "tx_unknown";
}

std::string error_message(const std::vector<DiagnosticEvent>& events) {
  // The host writes ["error", <error>], with data that begins with a text; the first such event names the
  // cause, later ones only the callers that gave up.
  for (const DiagnosticEvent& event : events) {
    const EventBody& body = *event.event.body.get<EventBody>();
    if (!body.topics.empty() && symbol_of(body.topics.front()) == "error")
      return (body.topics.size() > 1 ? describe(body.topics[1]) + ": " : std::string()) + describe(body.data);
  }
  return {};
}

std::optional<ScVal> return_value_of(const TransactionMeta& meta) {
  if (const auto* v4 = meta.get<TransactionMetaV4>())
    return v4->soroban ? v4->soroban->return_value : std::nullopt;
  const auto* v3 = meta.get<TransactionMetaV3>();
  return v3 != nullptr && v3->soroban ? std::optional(v3->soroban->return_value) : std::nullopt;
}

}  // namespace paytick::chain
