// What the lines of `ticks` tell, and where it differs. That they do not contradict themselves (a tick twice,
// a session closed twice) is src/invariants' to say.

#include "simulation/auditor.h"

namespace paytick::simulation {

void Auditor::output(const Output& line) {
  if (const auto* l = std::get_if<SumLine>(&line)) {
    line_names_[l->sum] = {l->meter, l->creator, l->bps};
    line_sums_[l->sum];
    return;
  }
  if (const auto* l = std::get_if<TickLine>(&line)) {
    for (std::int64_t k = l->k; k < l->k + l->n; ++k) line_ticks_[l->session].insert(k);
    line_sums_[l->sum] = {l->charged.units(), l->due.units()};
    return;
  }
  if (const auto* l = std::get_if<AdjustLine>(&line)) {
    for (std::int64_t k = l->k; k < l->k + l->n; ++k) line_ticks_[l->session].erase(k);
    line_sums_[l->sum] = {l->charged.units(), l->due.units()};
    return;
  }
  if (const auto* l = std::get_if<DueLine>(&line)) {
    for (const auto& [sum, due] : l->sums) line_sums_[sum].due = due.units();
    return;
  }
  if (const auto* l = std::get_if<ChargeLine>(&line)) {
    line_sums_[l->sum] = {l->charged.units(), l->due.units()};
    line_charged_.insert(l->key + " " + std::to_string(l->amount.units()));
    return;
  }
  if (const auto* l = std::get_if<CreditLine>(&line)) {
    line_credited_.insert(l->key + " " + std::to_string(l->amount.units()));
    line_credited_sums_[l->meter] = l->credited.units();
    return;
  }
  if (const auto* l = std::get_if<HaltLine>(&line)) {
    line_halts_[l->session].push_back(l->reason);
    return;
  }
  if (const auto* l = std::get_if<ClosedLine>(&line)) {
    line_closed_[l->session] = l->ticks;
    return;
  }
  if (const auto* l = std::get_if<JoinedLine>(&line)) line_joins_.emplace(l->viewer, l->content);
  if (const auto* l = std::get_if<PayoutLine>(&line)) line_payouts_.insert(l->creator);
  if (const auto* l = std::get_if<ViewerLine>(&line)) line_viewers_[l->viewer] = *l;
  line_late_ += std::holds_alternative<LateLine>(line) ? 1 : 0;
  line_refused_ += std::holds_alternative<RejectedLine>(line) ? 1 : 0;
}

std::optional<std::string> Auditor::difference() const {
  if (auto what = sessions_differ()) return what;
  if (auto what = sums_differ()) return what;
  if (line_charged_ != keys_charged_) return "other charges on the log than by its inputs";
  if (line_credited_ != keys_credited_) return "other credits on the log than by its inputs";
  if (line_credited_sums_ != credited_) return "other sums of credits on the log than by its inputs";
  if (line_joins_ != joins_) return "others have joined on the log than by its inputs";
  if (line_payouts_ != payouts_) return "other payouts on the log than by its inputs";
  if (auto what = viewers_differ()) return what;
  const auto count = [](const char* what, std::uint64_t got, std::uint64_t want) {
    return std::to_string(got) + " " + what + " on the log, " + std::to_string(want) + " by its inputs";
  };
  if (line_refused_ != refused_) return count("refused", line_refused_, refused_);
  if (line_late_ != late_) return count("late", line_late_, late_);
  return std::nullopt;
}

std::optional<std::string> Auditor::sessions_differ() const {
  std::set<SessionId> ours;
  for (const Session& s : sessions_) {
    const SessionId& id = s.open.session;
    ours.insert(id);
    const auto i = line_ticks_.find(id);
    const std::size_t got = i == line_ticks_.end() ? 0 : i->second.size();
    if (got != s.bought.size() || (got != 0 && i->second != s.bought))
      return "session " + to_text(id) + " has " + std::to_string(got) + " ticks on the log, " +
             std::to_string(s.bought.size()) + " by its inputs, or others";
    const auto halts = line_halts_.find(id);
    if (halts == line_halts_.end() ? !s.halts.empty() : halts->second != s.halts)
      return "session " + to_text(id) + " halts otherwise on the log than by its inputs";
    const auto closed = line_closed_.find(id);
    if ((closed != line_closed_.end()) != s.closed)
      return "session " + to_text(id) + (s.closed ? " is not closed on the log" : " is closed on the log");
    if (s.closed && closed->second != static_cast<std::int64_t>(s.bought.size()))
      return "session " + to_text(id) + " is closed with another number of ticks";
  }
  for (const auto& [id, ticks] : line_ticks_)
    if (!ours.contains(id) && !ticks.empty()) return "session " + to_text(id) + " has no open that counts";
  return std::nullopt;
}

// Told whenever it changes; who was never told of is as everybody is at first.
std::optional<std::string> Auditor::viewers_differ() const {
  for (const auto& [id, v] : viewers_) {
    const auto told = line_viewers_.find(id);
    ViewerLine line;
    line.limit = Amount(Viewer().limit);
    if (told != line_viewers_.end()) line = told->second;
    if (line.limit.units() != v.limit || line.period != v.period || line.paused != v.paused ||
        line.frozen != v.frozen)
      return "viewer " + to_text(id) + " is held or limited otherwise on the log than by its inputs";
  }
  return std::nullopt;
}

std::optional<std::string> Auditor::sums_differ() const {
  std::map<SumKey, Money> told;
  for (const auto& [sum, money] : line_sums_) {
    const auto name = line_names_.find(sum);
    if (name == line_names_.end()) return "a sum has no name";
    told[name->second] = money;
  }
  for (const auto& [key, want] : sums_) {
    const Money got = told[key];
    if (got.charged != want.charged || got.due != want.due)
      return "a sum is " + std::to_string(got.charged) + "/" + std::to_string(got.due) + " on the log, " +
             std::to_string(want.charged) + "/" + std::to_string(want.due) + " by its inputs";
  }
  for (const auto& [key, got] : told)
    if (!sums_.contains(key) && got.charged != 0) return "a sum on the log has no input";
  return std::nullopt;
}

}  // namespace paytick::simulation
