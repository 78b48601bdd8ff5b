#include "invariants/no_tick_twice.h"

namespace paytick::invariants {
namespace {

constexpr std::string_view kCode = "tick_billed_twice";

}  // namespace

bool TickRuns::add(std::int64_t k, std::int64_t n) {
  std::int64_t from = k, to = k + n;
  auto after = runs_.lower_bound(k);
  if (after != runs_.end() && after->first < to) return false;
  if (after != runs_.begin()) {
    const auto before = std::prev(after);
    if (before->second > k) return false;
    if (before->second == k) {
      from = before->first;
      runs_.erase(before);
    }
  }
  if (after != runs_.end() && after->first == to) {
    to = after->second;
    runs_.erase(after);
  }
  runs_[from] = to;
  count_ += n;
  return true;
}

bool TickRuns::take(std::int64_t k, std::int64_t n) {
  auto run = runs_.upper_bound(k);
  if (run == runs_.begin()) return false;
  --run;
  const auto [from, to] = *run;
  if (to < k + n) return false;
  runs_.erase(run);
  if (from < k) runs_[from] = k;
  if (k + n < to) runs_[k + n] = to;
  count_ -= n;
  return true;
}

Result<void> NoTickTwice::check(const Output& line, const Place& at) {
  if (const auto* l = std::get_if<OpenedLine>(&line)) {
    if (!open_.try_emplace(l->session).second)
      return violated(kCode, "session " + to_text(l->session) + " opens twice", at);
    return {};
  }
  if (const auto* l = std::get_if<TickLine>(&line)) return check_ticks(*l, true, at);
  if (const auto* l = std::get_if<AdjustLine>(&line)) return check_ticks(*l, false, at);
  if (const auto* l = std::get_if<ClosedLine>(&line)) return check_closed(*l, at);
  return {};
}

template <typename Line>
Result<void> NoTickTwice::check_ticks(const Line& line, bool bought, const Place& at) {
  const auto name = [&] {
    return "session " + to_text(line.session) + ", ticks " + std::to_string(line.k) + " to " +
           std::to_string(line.k + line.n - 1) + ": ";
  };
  const auto found = open_.find(line.session);
  if (found == open_.end()) return violated(kCode, name() + "it is not open", at);
  if (line.k < 0 || line.n <= 0) return violated(kCode, name() + "there are no such ticks", at);
  Session& s = found->second;
  if (!(bought ? s.ticks.add(line.k, line.n) : s.ticks.take(line.k, line.n)))
    return violated(kCode, name() + (bought ? "bought before" : "given back, and not bought"), at);
  if (s.ticks.count() != line.ticks)
    return violated(kCode,
                    name() + "the line counts " + std::to_string(line.ticks) + " ticks in all, there are " +
                        std::to_string(s.ticks.count()),
                    at);
  const Wide amount = Wide{line.price.units()} * line.n;
  s.amount += bought ? amount : -amount;
  return {};
}

Result<void> NoTickTwice::check_closed(const ClosedLine& line, const Place& at) {
  const auto found = open_.find(line.session);
  const std::string name = "session " + to_text(line.session);
  if (found == open_.end()) return violated(kCode, name + " closes and was not open", at);
  const Session s = std::move(found->second);
  open_.erase(found);
  if (s.ticks.count() != line.ticks || s.amount != line.amount.units())
    return violated(kCode,
                    name + " closes with " + std::to_string(line.ticks) + " ticks for " +
                        units(line.amount.units()) + "; bought are " + std::to_string(s.ticks.count()) +
                        " for " + units(s.amount),
                    at);
  return {};
}

}  // namespace paytick::invariants
