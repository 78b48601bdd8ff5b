#include "simulation/settler_check.h"

#include <map>

#include "settler/frame_follower.h"

namespace paytick::simulation {
namespace {

constexpr std::size_t kAll = 1U << 30;

std::string in_words(const settler::SumState& sum) {
  return to_decimal(sum.due) + " due, " + to_decimal(sum.settled) + " settled" +
         (sum.in_flight ? ", in flight" : "") + (sum.parked ? ", parked" : "");
}

// The two may have met the meters in another order.
std::string compare_credits(const settler::Credits& believed, const settler::Credits& folded) {
  std::map<MeterId, settler::CreditState> by_meter;
  for (const settler::CreditState& credit : folded.all()) by_meter[credit.meter] = credit;
  if (believed.all().size() != by_meter.size()) return "the settler knows other credits than the log";
  for (const settler::CreditState& a : believed.all()) {
    const settler::CreditState& b = by_meter[a.meter];
    if (a.ordered == b.ordered && a.credited == b.credited && a.in_flight == b.in_flight &&
        a.parked == b.parked)
      continue;
    return "the settler believes that of " + to_decimal(a.ordered) + " ordered for meter " +
           to_text(a.meter) + " " + to_decimal(a.credited) + " is paid in; the log says " +
           to_decimal(b.credited) + " of " + to_decimal(b.ordered);
  }
  return {};
}

std::string compare_refunds(const settler::Refunds& believed, const settler::Refunds& folded) {
  std::map<MeterId, settler::RefundState> by_meter;
  for (const settler::RefundState& refund : folded.all()) by_meter[refund.meter] = refund;
  if (believed.all().size() != by_meter.size()) return "the settler knows other refunds than the log";
  for (const settler::RefundState& a : believed.all()) {
    const settler::RefundState& b = by_meter[a.meter];
    if (a.asked_at != b.asked_at || a.released_at != b.released_at || a.in_flight != b.in_flight)
      return "the settler believes otherwise of the refund of meter " + to_text(a.meter) + " than the log";
  }
  return {};
}

}  // namespace

std::string compare_with_log(log::EventLog& log, PartitionId partition, const settler::Accrual& believed) {
  settler::Accrual folded{settler::Policy()};
  const auto on_settlement = [&](codec::MutableLine line, TimeMs) -> Result<void> {
    const auto settlement = codec::parse_settlement(line);
    if (!settlement) return tl::unexpected(settlement.error());
    folded.apply(*settlement);
    return {};
  };
  const auto on_output = [&](codec::MutableLine line, TimeMs at) -> Result<void> {
    const auto output = codec::parse_output(line);
    if (!output) return tl::unexpected(output.error());
    return folded.apply(*output, at);
  };
  for (const auto topic : {log::Topic::settlements, log::Topic::ticks}) {
    settler::FrameFollower follower(log, {topic, partition});
    const settler::FrameFollower::OnLine on_line =
        topic == log::Topic::ticks ? settler::FrameFollower::OnLine(on_output) : on_settlement;
    for (bool more = true; more;) {
      const auto moved = follower.pump(kAll, on_line);
      if (!moved) return "the settler cannot read its log again: " + moved.error().message;
      more = *moved;
    }
  }
  if (believed.in_flight() != folded.in_flight())
    return "the settler has other batches in flight than the log";
  if (believed.sums().size() != folded.sums().size()) return "the settler knows other sums than the log";
  for (std::size_t i = 0; i < folded.sums().size(); ++i) {
    const auto &a = believed.sums()[i], &b = folded.sums()[i];
    if (in_words(a) != in_words(b) || a.viewer != b.viewer || a.meter != b.meter || a.creator != b.creator ||
        a.bps != b.bps || a.known != b.known)
      return "the settler believes of sum " + std::to_string(i) + ": " + in_words(a) +
             "; the log says: " + in_words(b);
  }
  if (auto what = compare_refunds(believed.refunds(), folded.refunds()); !what.empty()) return what;
  return compare_credits(believed.credits(), folded.credits());
}

}  // namespace paytick::simulation
