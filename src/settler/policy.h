#pragma once
// When something due is worth a transaction (DESIGN.md §6), and how often a refused item is tried again.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/money.h"

namespace paytick::settler {

struct Policy {
  Amount threshold{10'000'000};         // a sum with this much unsettled is settled without waiting
  std::int64_t max_age_ms = 3'600'000;  // the longest that anything due waits
  bool on_close = true;                 // settle a sum when one of its sessions has closed
  std::uint32_t max_fee_share_bps =
      2'000;                         // not while the network's fee would take more of the batch, unless aged
  std::size_t batch_items_max = 20;  // 23 fit a transaction, with an issued asset 19 (contracts/README.md)

  // Credits go out at once, so many in a transaction (contracts/README.md: 36 fit, with an issued asset 31).
  std::size_t credit_items_max = 25;
  // The longest that a refused credit waits, parked or not: the treasury may have been filled meanwhile.
  std::int64_t credit_retry_ms_max = 60'000;

  // The network's fee as known so far; Accrual lowers the second to what was really paid.
  Amount fee_base{20'000};
  Amount fee_per_item{30'000};

  // An item that the router skipped, or whose transaction failed, waits this long, doubling up to the most,
  // and is parked after so many times in a row: an operator must look. Only its own refusals count, not what
  // befell the account that pays or the others of its batch.
  std::int64_t retry_ms = 5'000;
  std::int64_t retry_ms_max = 600'000;
  std::uint32_t failures_max = 12;
  // What is parked is asked for again after this long, since nobody tells when the cause is gone: a wallet
  // gets its trust line, a creator is registered. It costs a simulation, and no fee while that says no.
  std::int64_t parked_retry_ms = 3'600'000;
};

// The router's codes for what it skips (contracts/README.md).
inline constexpr std::int32_t kCodeInvalidAmount = 10;
inline constexpr std::int32_t kCodeBpsAboveCap = 11;
inline constexpr std::int32_t kCodeUnknownMeter = 12;
inline constexpr std::int32_t kCodeTransferFailed = 20;  // a treasury without the money, among others
inline constexpr std::int32_t kCodePayeeIsMeter = 21;
inline constexpr std::int32_t kCodeMeterFailed = 23;  // the least specific of those that are tried again

// `parked`, of what is asked for again.
inline constexpr std::string_view kRefusedTooOften = "refused_too_often";

// Trying again cannot help.
constexpr bool is_permanent(std::int32_t code) {
  return code == kCodeInvalidAmount || code == kCodeBpsAboveCap || code == kCodeUnknownMeter ||
         code == kCodePayeeIsMeter;
}

}  // namespace paytick::settler
