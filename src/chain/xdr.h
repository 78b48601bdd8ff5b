#pragma once
// Encoding and decoding the structures of scval.h, ledger_xdr.h, transaction_xdr.h and result_xdr.h.
// Thread-safe, no state. Error code: "xdr_malformed".

#include <string>
#include <string_view>

#include "chain/ledger_xdr.h"
#include "chain/result_xdr.h"
#include "chain/scval.h"
#include "chain/transaction_xdr.h"
#include "model/error.h"

namespace paytick::chain {

// Defined in xdr.cc for ScVal, LedgerKey, LedgerEntry, LedgerEntryData, Envelope, Transaction, SorobanData,
// AuthorizationEntry, HostFunction, Operation, SignaturePayload, HashPreimage, TransactionResult,
// TransactionMeta, ContractEvent and DiagnosticEvent.
template <typename T>
std::string encode(const T& value);

// The bytes must hold exactly one value.
template <typename T>
Result<T> decode(std::string_view bytes);

// The same in base64 (RFC 4648 §4, padded), as JSON-RPC carries it.
template <typename T>
std::string encode_base64(const T& value);
template <typename T>
Result<T> decode_base64(std::string_view text);

std::string to_base64(std::string_view bytes);
Result<std::string> from_base64(std::string_view text);

Hash sha256(std::string_view bytes);

}  // namespace paytick::chain
