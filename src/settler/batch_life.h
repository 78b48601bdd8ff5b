#pragma once
// A batch's life as a pure state machine (DESIGN.md §5.4): every answer of the log and of the node, in every
// stage, to what is done next. No answer is lost on the way and none makes an amount be paid twice: a batch
// ends only by the chain's word (applied, failed) or when it can be applied no more.
//
//   written ──read back──▶ ready ──send──▶ submitted ──look up──▶ confirmed | failed
//                            │   lost answer, TRY_AGAIN_LATER        expired
//                            └────▶ unsure ──look up──▶ …            settled_by_totals
//                                     └─ ERROR on a resend ─▶ refused ──look up──▶ …
//
// A batch found on the log by a new owner starts as `unsure`: nobody knows whether it was sent.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "model/time.h"

namespace paytick::settler {

enum class Stage : std::uint8_t {
  written,    // on the log, not read back
  ready,      // read back under our epoch, never sent
  submitted,  // the node has it
  unsure,     // it may have been sent
  refused     // it may have been sent, and the node takes it no more
};

enum class Action : std::uint8_t {
  read_back,
  send,
  look_up,
  ask_totals,
  // The ends; each is written to `settlements`.
  confirm,           // applied
  fail,              // applied and failed, or refused before it was ever sent: nothing moved
  expire,            // it can be applied no more, and was not
  settle_by_totals,  // it can be applied no more; the contracts hold all of it as paid
  abandon            // not ours: another owner has the partition; drop all state
};

// Answers.
struct ReadBack {
  bool found = false;
};
struct SendPending {};
struct SendDuplicate {};
struct SendTryAgain {};
struct SendError {
  std::string_view code;  // chain::code_name
};
struct SendLost {};      // in doubt
struct SendUnmade {};    // the node was not reached
struct SendRejected {};  // the node does not take the request at all
struct LookedUpSuccess {};
struct LookedUpFailed {
  std::string_view code;
};
struct LookedUpNotFound {
  std::uint32_t oldest_ledger = 0;  // that the node remembers; 0: it does not say
  TimeMs newest_close;
};
struct LookUpUnmade {};
struct Totals {
  bool all_paid = false;  // every item's cumulative sum is paid, by this or another transaction
};
struct TotalsUnmade {};
using Answer = std::variant<ReadBack, SendPending, SendDuplicate, SendTryAgain, SendError, SendLost,
                            SendUnmade, SendRejected, LookedUpSuccess, LookedUpFailed, LookedUpNotFound,
                            LookUpUnmade, Totals, TotalsUnmade>;

struct Flight {
  Stage stage = Stage::written;
  std::uint32_t ledger = 0;  // newest known when it was prepared
  TimeMs max_time;
  std::uint32_t looks = 0;  // without a result since it was last sent
};

struct Decision {
  Stage stage = Stage::written;
  Action action = Action::read_back;
  std::int64_t delay_ms = 0;  // before the action
  std::uint32_t looks = 0;
  std::string code;  // with `fail`
};

inline constexpr std::int64_t kPollMs =
    250;  // a ledger closes every 5 s on the networks, faster in development
inline constexpr std::int64_t kTryAgainMs = 1'000;  // TRY_AGAIN_LATER, an unreachable node
inline constexpr std::uint32_t kLooksBeforeResend = 60;

Decision decide(const Flight& flight, const Answer& answer);

// What to do with a batch that is in this stage and awaits no answer.
Action first_action(Stage stage);

std::string_view to_text(Stage stage);

}  // namespace paytick::settler
