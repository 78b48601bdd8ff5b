#include "invariants/limit_kept.h"

#include <algorithm>
#include <chrono>

namespace paytick::invariants {
namespace {

constexpr std::string_view kCode = "limit_passed";
constexpr auto kTotal = static_cast<std::size_t>(Period::total), kDay = static_cast<std::size_t>(Period::day),
               kMonth = static_cast<std::size_t>(Period::month);

// Since the epoch, in UTC.
std::int64_t day_of(TimeMs at) {
  return std::chrono::floor<std::chrono::days>(std::chrono::milliseconds(at.ms)).count();
}
std::int64_t month_of(std::int64_t day) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  return int{date.year()} * 12LL + unsigned{date.month()};
}

}  // namespace

LimitKept::Viewer& LimitKept::rolled(const ViewerId& viewer, std::int64_t day) {
  Viewer& v = viewers_[viewer];
  if (day > v.day) {
    v.spent[kDay] = 0;
    if (month_of(day) != month_of(v.day)) v.spent[kMonth] = 0;
    v.day = day;
  }
  return v;
}

Result<void> LimitKept::check(const Output& line, const Place& at) {
  blind_ = blind_ || at.rules < kLimitsToldFrom;
  if (blind_) return {};
  if (const auto* l = std::get_if<TickLine>(&line)) return buy(*l, at);
  if (const auto* l = std::get_if<AdjustLine>(&line)) give_back(*l, at);
  if (const auto* l = std::get_if<SumLine>(&line)) sums_.introduce(l->sum) = {l->viewer, l->meter};
  if (const auto* l = std::get_if<OpenedLine>(&line)) open_[l->session].viewer = l->viewer;
  if (const auto* l = std::get_if<ClosedLine>(&line)) open_.erase(l->session);
  if (const auto* l = std::get_if<MeterLine>(&line)) owners_[l->meter] = l->viewer;
  if (const auto* l = std::get_if<ViewerLine>(&line)) {
    viewers_[l->viewer].limit = l->limit;
    viewers_[l->viewer].period = l->period;
  }
  if (const auto* l = std::get_if<ChargeLine>(&line)) {
    const Sum* const sum = sums_.find(l->sum);
    if (!sum) return violated(kCode, sum_name(l->sum) + " has money and no name", at);
    const auto owner = owners_.find(sum->meter);  // whoever named the sum first, the meter's viewer pays
    return spend(owner == owners_.end() ? sum->viewer : owner->second, l->amount.units(), at);
  }
  return {};
}

Result<void> LimitKept::spend(const ViewerId& viewer, Wide amount, const Place& at) {
  const std::int64_t day = day_of(at.earliest);
  Viewer& v = rolled(viewer, day);
  for (Wide& spent : v.spent) spent += amount;
  const bool one_day = day == day_of(at.latest) && v.day == day;
  const Wide spent = v.spent[static_cast<std::size_t>(v.period)];
  if (amount <= 0 || !limit_passed(spent, v.limit) || (!one_day && v.period != Period::total)) return {};
  return violated(
      kCode, "viewer " + to_text(viewer) + " has spent " + units(spent) + " of " + units(v.limit.units()),
      at);
}

Result<void> LimitKept::buy(const TickLine& line, const Place& at) {
  const auto found = open_.find(line.session);
  if (found == open_.end()) return violated(kCode, "session " + to_text(line.session) + " is not open", at);
  Session& s = found->second;
  const std::int64_t day = day_of(at.earliest);
  const auto after = s.ticks.lower_bound(line.k);
  const auto before = after == s.ticks.begin() ? s.ticks.end() : std::prev(after);
  if (before != s.ticks.end() && before->second.to == line.k && before->second.day == day)
    before->second.to += line.n;
  else
    s.ticks[line.k] = {line.k + line.n, day};
  return spend(s.viewer, Wide{line.price.units()} * line.n, at);
}

void LimitKept::give_back(const AdjustLine& line, const Place& at) {
  const auto found = open_.find(line.session);
  if (found == open_.end()) return;
  Session& s = found->second;
  Viewer& v = rolled(s.viewer, day_of(at.earliest));
  const std::int64_t end = line.k + line.n;
  // One run at a time: those of one purchase may be given back in part.
  for (std::int64_t k = line.k; k < end;) {
    auto run = s.ticks.upper_bound(k);
    if (run == s.ticks.begin()) return;
    --run;
    const std::int64_t from = run->first;
    const Run is = run->second;
    if (is.to <= k) return;
    const std::int64_t to = std::min(is.to, end);
    s.ticks.erase(run);
    if (from < k) s.ticks[from] = {k, is.day};
    if (to < is.to) s.ticks[to] = {is.to, is.day};
    const Wide amount = Wide{line.price.units()} * (to - k);
    v.spent[kTotal] -= amount;
    if (is.day == v.day) v.spent[kDay] -= amount;
    if (month_of(is.day) == month_of(v.day)) v.spent[kMonth] -= amount;
    k = to;
  }
}

}  // namespace paytick::invariants
