#pragma once
// The chain of proofs is unbroken (DESIGN.md §4; schemas/PROOF.md): each line of a session carries the link
// that follows from the session's line before it, from `opened` to `closed`; and each charge the link that
// follows from its meter's charge before it.
//
// A violation names the session or the meter, and the record; code "proof_broken". What it tells: a line was
// changed, lost, added or moved after the one before it was written, and the bill cannot be proven.
//
// Reads `sum`, `opened`, `tick`, `adjust`, `closed` and `charge` lines, in log order, from the partition's
// beginning. Frames chain by themselves (model/frame.h), which every reader checks.

#include <unordered_map>

#include "invariants/money_line.h"
#include "invariants/place.h"
#include "model/proof.h"

namespace paytick::invariants {

class ProofsChain {
 public:
  Result<void> check(const Output& line, const Place& at);
  std::uint64_t links() const { return links_; }  // checked

 private:
  template <typename Line>
  Result<void> follows(const Line& line, const Place& at);
  Result<void> charge_follows(const ChargeLine& line, const Place& at);

  PerSum<SumLine> sums_;
  std::unordered_map<SessionId, Proof> open_;
  std::unordered_map<MeterId, Proof> charges_;
  std::uint64_t links_ = 0;
};

}  // namespace paytick::invariants
