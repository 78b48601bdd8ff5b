#pragma once
// Lines of the topic `settlements`: the life of each transaction that pays what is due, that pays credits
// into meters out of the treasury, or that releases a refund (DESIGN.md §5.4, §6). A transaction does one of
// the three. Written in fenced frames (outputs.h: FrameHeader, Fence), co-partitioned with `ticks`: a batch
// holds sums, or meters, of one partition only.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "model/ids.h"
#include "model/money.h"
#include "model/time.h"

namespace paytick {

// One item of a batch: pay the difference up to `cumulative`, which never falls.
struct SettlementItem {
  SumId sum{};
  MeterId meter;
  CreatorId creator;
  std::uint16_t bps = 0;
  Amount cumulative;
  friend bool operator==(const SettlementItem&, const SettlementItem&) = default;
};

// One item of a batch of credits: pay into the meter the difference up to `cumulative`, which never falls.
struct CreditItem {
  MeterId meter;
  Amount cumulative;
  friend bool operator==(const CreditItem&, const CreditItem&) = default;
};

// All of the meter is settled: what is left goes back to its viewer at once, as he has asked.
struct RefundItem {
  MeterId meter;
  TimeMs asked_at;  // of the request, by the chain: a later one is another matter
  friend bool operator==(const RefundItem&, const RefundItem&) = default;
};

// Written, and read back under the writer's own epoch, before the transaction is sent.
struct Prepared {
  TxHash hash;
  AccountId source;
  std::int64_t sequence = 0;
  TimeMs min_time;  // whole seconds on the chain
  TimeMs max_time;
  std::uint32_t ledger = 0;  // the newest ledger known when it was prepared
  std::string envelope;      // the signed TransactionEnvelope, base64 XDR
  std::vector<SettlementItem> items;
  std::vector<CreditItem> credits = {};  // instead of `items`
  std::vector<RefundItem> refunds = {};  // likewise; one
  friend bool operator==(const Prepared&, const Prepared&) = default;
};

struct Submitted {
  TxHash hash;
  std::string status;  // the node's word: PENDING, DUPLICATE
  TimeMs at;
  friend bool operator==(const Submitted&, const Submitted&) = default;
};

// The router's codes with which an item stands; any other says why it was skipped (contracts/README.md).
inline constexpr std::int32_t kCodePaid = 0;
inline constexpr std::int32_t kCodeNothingNew = 1;

struct SettledItem {
  SumId sum{};
  Amount cumulative;  // what the contract now holds as paid for it
  Amount amount;      // moved by this transaction; 0 when it was paid before
  Amount fee;         // the platform's part of `amount`
  std::int32_t code = kCodePaid;
  // Whether `cumulative` is paid. A skipped item names what was asked for.
  bool stands() const { return code == kCodePaid || code == kCodeNothingNew; }
  friend bool operator==(const SettledItem&, const SettledItem&) = default;
};

struct CreditedItem {
  MeterId meter;
  Amount cumulative;  // what the contract now holds as credited to it
  Amount amount;      // moved by this transaction
  std::int32_t code = kCodePaid;
  bool stands() const { return code == kCodePaid || code == kCodeNothingNew; }
  friend bool operator==(const CreditedItem&, const CreditedItem&) = default;
};

struct Confirmed {
  TxHash hash;
  std::uint32_t ledger = 0;
  TimeMs at;           // close time of that ledger
  Amount network_fee;  // paid by the source account
  std::vector<SettledItem> items;
  std::vector<CreditedItem> credits = {};  // instead of `items`
  friend bool operator==(const Confirmed&, const Confirmed&) = default;
};

// The transaction was applied and failed, or was refused for good. Nothing moved.
struct Failed {
  TxHash hash;
  std::string code;
  TimeMs at;
  friend bool operator==(const Failed&, const Failed&) = default;
};

// It can never be applied: a ledger closed after its max_time and it is in none.
struct Expired {
  TxHash hash;
  TimeMs at;
  friend bool operator==(const Expired&, const Expired&) = default;
};

// An item that the settler will not try again by itself; an operator must look.
struct Parked {
  SumId sum{};
  std::string code;
  Amount cumulative;
  TimeMs at;
  friend bool operator==(const Parked&, const Parked&) = default;
};

// A meter's credit that an operator must look at.
struct ParkedCredit {
  MeterId meter;
  std::string code;
  Amount cumulative;
  TimeMs at;
  friend bool operator==(const ParkedCredit&, const ParkedCredit&) = default;
};

using Settlement = std::variant<Prepared, Submitted, Confirmed, Failed, Expired, Parked, ParkedCredit>;

}  // namespace paytick
