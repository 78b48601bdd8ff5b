#include "simulation/audit.h"

#include <map>
#include <set>
#include <vector>

#include "invariants/every.h"
#include "model/codec.h"
#include "model/frame.h"
#include "settler/frame_follower.h"
#include "simulation/auditor.h"
#include "simulation/clients.h"
#include "simulation/owners.h"

namespace paytick::simulation {
namespace {

constexpr std::size_t kAll = 1U << 30;

class Auditing {
 public:
  Auditing(log::EventLog& log, const SimulatedChain& chain, const projections::MemoryDatabase& database,
           const Told& told)
      : log_(log), chain_(chain), database_(database), told_(told) {}

  Audit run() {
    for (std::uint32_t p = 0; p < log_.partitions() && ok(); ++p) partition(PartitionId{p});
    if (ok()) paid();
    for (const MeterId& meter : chain_.overdrawn())
      differ("meter " + to_text(meter) + " was emptied before all was settled");
    for (const auto& [meter, totals] : chain_.meters())
      if (totals.refund_at != TimeMs{})
        differ("all of meter " + to_text(meter) + " is settled, and its rest was not released");
    for (const auto& [meter, totals] : chain_.meters())
      if (reported_[meter] != totals.version)
        differ("the log has version " + std::to_string(reported_[meter]) + " of a meter, the chain " +
               std::to_string(totals.version));
    for (const std::string& line : told_.acknowledged)
      if (!found_.contains(line)) differ("an acknowledged input is not on the log");
    for (const std::string& promise : told_.promises)
      if (!kept_.contains(promise)) differ("a client was told, and the log does not say: " + promise);
    return out_;
  }

 private:
  bool ok() const { return out_.difference.empty(); }
  void differ(std::string what) {
    if (ok()) out_.difference = std::move(what);
  }

  void partition(PartitionId p) {
    times_.clear();
    invariants_ = {};
    for (const auto topic : {log::Topic::ticks, log::Topic::settlements})
      if (auto what = unfenced_write(log_, {topic, p}); !what.empty()) return differ(std::move(what));
    Auditor auditor;
    const auto inputs = log_.read({log::Topic::heartbeats, p}, Offset{0}, kAll);
    for (log::Record r : *inputs) {
      found_.insert(r.value);
      times_[r.offset] = std::max(r.append_time, times_.empty() ? TimeMs{} : times_.rbegin()->second);
      codec::for_each_line(r.value, [&](codec::MutableLine line) {
        const auto input = codec::parse_input(line);
        if (!input) return;
        auditor.input(r.append_time, *input);
        ++out_.seen[std::string(codec::type_name(*input))];
        kept_.insert(promise_of(*input));
        if (const auto* report = std::get_if<MeterReport>(&*input)) {
          std::uint64_t& version = reported_[report->meter];
          version = std::max(version, report->version);
        }
      });
    }
    const Offset folded = read_ticks(p, auditor);
    if (ok()) read_settlements(p);
    if (!ok()) return;
    if (auto what = auditor.difference()) return differ(*what);
    if (ok() && static_cast<std::size_t>(folded) != inputs->size())
      return differ("not every input is folded");
    money(p, auditor);
    answers(p, auditor);
    for (const auto& [id, bill] : auditor.sessions()) session(p, id, bill);
  }

  Offset read_ticks(PartitionId p, Auditor& auditor) {
    FrameReader reader;
    Offset from{};
    std::vector<std::string> held;
    const auto ticks = log_.read({log::Topic::ticks, p}, Offset{0}, kAll);
    for (const log::Record& r : *ticks) {
      const auto verdict = reader.read(r.value);
      if (!verdict) {
        differ(verdict.error().code + ": " + verdict.error().message);
        break;
      }
      if (*verdict == FrameVerdict::fence) held.clear();
      if (*verdict == FrameVerdict::hold || *verdict == FrameVerdict::accept) held.push_back(r.value);
      if (*verdict != FrameVerdict::accept) continue;
      const invariants::Place at = place(p, r, from, reader.position().to);
      from = reader.position().to;
      for (std::string& value : held)
        codec::for_each_line(value, [&](codec::MutableLine line) {
          const auto output = codec::parse_output(line);
          if (!output) return;
          if (const auto fine = invariants_.check(*output, at); !fine)
            differ(fine.error().code + ": ticks, " + fine.error().message);
          auditor.output(*output);
          note(*output);
          if (const auto* tick = std::get_if<TickLine>(&*output))
            kept_.insert(promise_of(tick->session, tick->paid_until));
          if (const auto* adjust = std::get_if<AdjustLine>(&*output))
            kept_.insert(promise_of(adjust->session, adjust->paid_until));
        });
      held.clear();
    }
    return reader.position().to;
  }

  // The frame's lines: somewhere between the first of its inputs and the last.
  invariants::Place place(PartitionId p, const log::Record& frame, Offset from, Offset to) const {
    const auto first = times_.lower_bound(from);
    const auto behind = times_.lower_bound(to);
    if (first == behind) return {p, frame.offset, frame.append_time, frame.append_time};
    return {p, frame.offset, first->second, std::prev(behind)->second};
  }

  void note(const Output& line) {
    const auto saw = [this](const std::string& what) { ++out_.seen[what]; };
    if (const auto* l = std::get_if<HaltLine>(&line))
      saw("halted: " + std::string(codec::to_text(l->reason)));
    if (const auto* l = std::get_if<AdjustLine>(&line))
      saw("given back: " + std::string(codec::to_text(l->reason)));
    if (const auto* l = std::get_if<ChargeLine>(&line))
      saw(l->kind == ChargeKind::ticket ? "a ticket is sold" : "a tip is given");
    if (const auto* l = std::get_if<OpenedLine>(&line)) {
      if (l->plan.initial_ticks != 0)
        saw(l->plan.initial_price == Amount(0) ? "ticks are free" : "an initial price");
      if (!l->plan.refund_unused) calls_.insert(l->session);
    }
    if (const auto* l = std::get_if<TickLine>(&line); l && l->k > 0 && calls_.contains(l->session))
      saw("a later block of a call");
    if (std::holds_alternative<JoinedLine>(line)) saw("joined");
    if (std::holds_alternative<CreditLine>(line)) saw("credited");
    if (std::holds_alternative<RejectedLine>(line)) saw("rejected");
  }

  void read_settlements(PartitionId p) {
    settler::FrameFollower follower(log_, {log::Topic::settlements, p});
    for (bool more = true; more;) {
      const auto moved = follower.pump(kAll, [&](codec::MutableLine line, TimeMs) -> Result<void> {
        const auto settlement = codec::parse_settlement(line);
        if (!settlement) return {};
        if (const auto* l = std::get_if<Prepared>(&*settlement); l && !l->refunds.empty())
          releases_.insert(l->hash);
        if (const auto* l = std::get_if<Confirmed>(&*settlement); l && releases_.contains(l->hash))
          ++out_.seen["a refund is released"];
        return invariants_.check(*settlement, {p, follower.next(), {}, {}});
      });
      if (!moved) return differ(moved.error().code + ": settlements, " + moved.error().message);
      more = *moved;
    }
  }

  void money(PartitionId p, const Auditor& auditor) {
    std::map<Auditor::SumKey, projections::MemoryDatabase::Sum> shown;
    for (const auto& [key, sum] : database_.sums())
      if (key.first == p) shown[{sum.line.meter, sum.line.creator, sum.line.bps}] = sum;
    for (const auto& [key, money] : auditor.sums()) {
      out_.charged += money.charged;
      out_.due += money.due;
      due_[key] += money.due;
      const auto& row = shown[key];
      if (row.charged != money.charged || row.due != money.due || row.paid != money.due)
        return differ("the tables show a sum of " + std::to_string(row.charged) + "/" +
                      std::to_string(row.due) + "/" + std::to_string(row.paid) + ", not " +
                      std::to_string(money.charged) + "/" + std::to_string(money.due) + "/" +
                      std::to_string(money.due));
    }
  }

  // A sum may stand in two partitions: a strange meter's free ticks are in that of nobody's.
  void paid() {
    for (const auto& [key, paid] : chain_.paid_sums()) due_.try_emplace(key, 0);
    for (const auto& [key, due] : due_) {
      const auto i = chain_.paid_sums().find(key);
      const std::int64_t paid = i == chain_.paid_sums().end() ? 0 : i->second;
      out_.paid += paid;
      if (paid == due) continue;
      return differ("the chain has paid " + std::to_string(paid) + " of " + std::to_string(due) +
                    " due of meter " + to_text(std::get<MeterId>(key)) + " at " +
                    std::to_string(std::get<std::uint16_t>(key)) + " bps");
    }
  }

  void answers(PartitionId p, const Auditor& auditor) {
    for (const auto& [meter, ordered] : auditor.credited()) {
      const auto i = chain_.credited_sums().find(meter);
      if (i == chain_.credited_sums().end() || i->second != ordered)
        return differ("the treasury has not paid into a meter what was ordered");
    }
    const auto outcomes = told_.outcomes.find(p);
    if (outcomes == told_.outcomes.end()) return;
    for (const Outcome& outcome : outcomes->second) {
      ++out_.answers;
      if (auto what = auditor.difference(outcome)) return differ(*what);
    }
  }

  void session(PartitionId p, const SessionId& id, const Auditor::SessionBill& bill) {
    const auto row = database_.sessions().find({p, id});
    if (row == database_.sessions().end()) return differ("session " + paytick::to_text(id) + " has no row");
    if (row->second.ticks != bill.ticks || row->second.closed != bill.closed)
      differ("the tables show session " + paytick::to_text(id) + " with " +
             std::to_string(row->second.ticks) + " ticks, not " + std::to_string(bill.ticks) + ", or open");
  }

  log::EventLog& log_;
  const SimulatedChain& chain_;
  const projections::MemoryDatabase& database_;
  const Told& told_;
  std::set<std::string> found_, kept_;
  // Of the partition at hand: the time that each input came to, and the rules that its lines keep.
  std::map<Offset, TimeMs> times_;
  invariants::Every invariants_;
  std::set<SessionId> calls_;
  std::set<TxHash> releases_;  // transactions
  std::map<Auditor::SumKey, std::int64_t> due_;
  std::map<MeterId, std::uint64_t> reported_;  // newest version on the log
  Audit out_;
};

}  // namespace

Audit audit(log::EventLog& log, const SimulatedChain& chain, const projections::MemoryDatabase& database,
            const Told& told) {
  return Auditing(log, chain, database, told).run();
}

}  // namespace paytick::simulation
