#include "invariants/proofs_chain.h"

namespace paytick::invariants {
namespace {

constexpr std::string_view kCode = "proof_broken";

}  // namespace

Result<void> ProofsChain::check(const Output& line, const Place& at) {
  if (const auto* l = std::get_if<SumLine>(&line)) sums_.introduce(l->sum) = *l;
  if (const auto* l = std::get_if<TickLine>(&line)) return follows(*l, at);
  if (const auto* l = std::get_if<AdjustLine>(&line)) return follows(*l, at);
  if (const auto* l = std::get_if<ChargeLine>(&line)) return charge_follows(*l, at);
  if (const auto* l = std::get_if<ClosedLine>(&line)) {
    auto fine = follows(*l, at);
    open_.erase(l->session);
    return fine;
  }
  const auto* l = std::get_if<OpenedLine>(&line);
  if (!l) return {};
  const SumLine* const sum = sums_.find(l->sum);
  ++links_;
  open_.insert_or_assign(l->session, l->proof);
  if (sum && link(*l, *sum) == l->proof) return {};
  return violated(kCode, "session " + to_text(l->session) + " opens with another proof than its own", at);
}

template <typename Line>
Result<void> ProofsChain::follows(const Line& line, const Place& at) {
  const auto before = open_.find(line.session);
  if (before == open_.end())
    return violated(kCode, "session " + to_text(line.session) + " has a line and no chain", at);
  ++links_;
  const Proof expected = link(before->second, line);
  before->second = line.proof;
  if (expected == line.proof) return {};
  return violated(
      kCode, "session " + to_text(line.session) + " goes on with a proof that does not follow from its last",
      at);
}

Result<void> ProofsChain::charge_follows(const ChargeLine& line, const Place& at) {
  const SumLine* const sum = sums_.find(line.sum);
  if (!sum) return violated(kCode, sum_name(line.sum) + " has money and no name", at);
  Proof& last = charges_.try_emplace(sum->meter, start_charges(sum->meter)).first->second;
  ++links_;
  const Proof expected = link(last, line);
  last = line.proof;
  if (expected == line.proof) return {};
  return violated(kCode,
                  "the charges of meter " + to_text(sum->meter) +
                      " go on with a proof that does not follow from the last",
                  at);
}

}  // namespace paytick::invariants
