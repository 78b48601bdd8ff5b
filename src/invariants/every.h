#pragma once
// Every invariant at once, for who reads a whole partition: tests, the simulator's audit, `paytick verify`.

#include "invariants/conservation.h"
#include "invariants/due_grows.h"
#include "invariants/limit_kept.h"
#include "invariants/no_tick_twice.h"
#include "invariants/paid_within_due.h"
#include "invariants/proofs_chain.h"
#include "invariants/shares_add_up.h"

namespace paytick::invariants {

// Of one partition. After a violation nothing more is known.
class Every {
 public:
  // A line of `ticks` that counts, in log order.
  Result<void> check(const Output& line, const Place& at) {
    Result<void> fine = conservation_.check(line, at);
    if (fine) fine = no_tick_twice_.check(line, at);
    if (fine) fine = limit_kept_.check(line, at);
    if (fine) fine = shares_.check(line, at);
    if (fine) fine = due_.check(line, at);
    if (fine) fine = paid_.check(line, at);
    if (fine) fine = proofs_.check(line, at);
    return fine;
  }
  // A line of `settlements`, behind all lines of `ticks` that its writer had read; before them it may seem
  // wrong, and may be asked about again.
  Result<void> check(const Settlement& line, const Place& at) const {
    Result<void> fine = shares_.check(line, at);
    if (fine) fine = paid_.check(line, at);
    return fine;
  }

 private:
  Conservation conservation_;
  NoTickTwice no_tick_twice_;
  LimitKept limit_kept_;
  SharesAddUp shares_;
  DueGrows due_;
  PaidWithinDue paid_;
  ProofsChain proofs_;
};

}  // namespace paytick::invariants
