#pragma once
// Bugs that can be planted into a run, to show that the audit sees them. They live in what the product is
// surrounded with (the log as it reads and writes it, the chain), so that no product code has a switch for
// them.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace paytick::simulation {

enum class Bug : std::uint8_t {
  none,
  // Of the log and its owners (faulty_log.h).
  lost_position,       // every 13th read goes one record too far, and nobody notices
  missing_fence,       // a new owner does not say so
  swallowed_in_doubt,  // a doubtful write is taken for done
  // Of the snapshots (planted_snapshots.h).
  stale_snapshot,  // the state of an older snapshot under the newest one's position
  join_forgotten,  // who has joined is not in the snapshot
  key_forgotten,   // nor are the idempotency keys of tips
  // Of the rules (planted_inputs.h).
  off_by_one,              // a heartbeat counts one tick earlier
  limit_off_by_one,        // a viewer with several meters may spend one unit more
  free_again,              // free ticks are given with every session, for the least price there is
  initial_price_per_tick,  // each initial tick costs what all of them cost together
  block_on_close,          // the end of a call bills its last block once more
  ticket_outlives_stream,  // a ticket counts although its stream is closed
  tip_while_frozen,        // a freeze does not hold tips up
  resume_bills_pause,      // what was refused during a pause is billed when it ends
  // Of the contracts and the settler (simulated_chain.h).
  double_settle,        // the cumulative sum is paid, not the difference
  share_rounding_lost,  // the platform's share is taken of each payment, not of the sum
  payout_beyond_due,    // a creator who asks is paid one unit more than is due
  refund_unsettled      // a refund is released although not all is settled
};

std::span<const Bug> all_bugs();
std::optional<Bug> bug_named(std::string_view name);  // words joined by '-' or '_'
std::string_view to_text(Bug bug);

}  // namespace paytick::simulation
