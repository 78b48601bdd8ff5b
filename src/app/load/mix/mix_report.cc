#include "app/load/mix/mix_report.h"

#include <fmt/format.h>

#include "app/json.h"
#include "app/progress.h"

namespace paytick::app::load {
namespace {

constexpr std::uint32_t kMedian = 500'000, kP99 = 990'000;

std::string milliseconds(std::uint64_t us) { return fmt::format("{}.{}", us / 1'000, us % 1'000 / 100); }

Amount sum_of(const Acknowledged& told) {
  Amount sum = told.tips;
  count(sum, told.tickets);
  for (const auto& [session, call] : told.calls) count(sum, call.charged);
  return sum;
}

std::string row(std::string_view name, const KindTally& tally) {
  std::string codes;
  for (const auto& [code, times] : tally.codes) codes += fmt::format("  {} {}", code, with_commas(times));
  return fmt::format("  {:<8}{:>10}{:>10}{:>10}{:>8}{:>10}{:>10}{:>10}{}\n", name, with_commas(tally.sent),
                     with_commas(tally.done), with_commas(tally.refused), with_commas(tally.again),
                     milliseconds(tally.took.quantile(kMedian)), milliseconds(tally.took.quantile(kP99)),
                     milliseconds(tally.took.max()), codes);
}

}  // namespace

std::string MixOutcome::difference() const {
  const auto differ = [](std::string_view what, Amount a, std::string_view other, Amount b) {
    return fmt::format("{} {}, {} {}", what, to_decimal(a), other, to_decimal(b));
  };
  if (spent != charged)
    return differ("the viewers are told that they spent", spent, "the log charged", charged);
  if (acknowledged.purchases != ordered)
    return differ("purchases acknowledged", acknowledged.purchases, "credits ordered", ordered);
  if (settled != due) return differ("settled", settled, "due", due);
  if (credited != credits) return differ("credits paid in", credited, "ordered", credits);
  return {};
}

std::string progress_words(const MixTally& tally, std::uint64_t spent_ms, std::uint64_t run_ms) {
  std::uint64_t done = 0, refused = 0;
  for (const KindTally& deed : tally.deeds) done += deed.done, refused += deed.refused;
  return fmt::format("{:>3}/{} s  {} pings paid, {} refused  p99 {} ms  {} deeds done, {} refused  {} wrong",
                     spent_ms / 1'000, run_ms / 1'000, with_commas(tally.pings.done),
                     with_commas(tally.pings.refused), milliseconds(tally.pings.took.quantile(kP99)),
                     with_commas(done), with_commas(refused), with_commas(tally.wrongs));
}

std::string to_words(const MixOutcome& outcome, const Options& options) {
  const MixTally& t = outcome.tally;
  std::string text = fmt::format(
      "{} viewers at once for {} s; ms from when it was due to its answer\n  "
      "{:<8}{:>10}{:>10}{:>10}{:>8}{:>10}"
      "{:>10}{:>10}\n",
      with_commas(options.viewers), outcome.run_ms / 1'000, "", "sent", "done", "refused", "again", "p50",
      "p99", "max");
  text += row("ping", t.pings);
  for (std::size_t i = 0; i < kDeedKinds; ++i) text += row(to_text(static_cast<DeedKind>(i)), t.deeds[i]);
  text += fmt::format(
      "  {} deeds were repeated and answered the same; {} tips were told in rooms, {} other news; the "
      "scheduler came {} times\n",
      with_commas(t.repeated), with_commas(t.tips_told), with_commas(t.news), t.meterings);
  const Acknowledged& told = outcome.acknowledged;
  text += fmt::format(
      "  acknowledged: tips {}, tickets {}, {} calls; all three {}; purchases {}\n"
      "  spent, as the viewers are told: {}; charged, as the log says: {}\n"
      "  log, database and chain agree; all was settled {}.{} s after the last session's end\n",
      to_decimal(told.tips), to_decimal(told.tickets), with_commas(told.calls.size()),
      to_decimal(sum_of(told)), to_decimal(told.purchases), to_decimal(outcome.spent),
      to_decimal(outcome.charged), outcome.settled_after_ms / 1'000, outcome.settled_after_ms % 1'000 / 100);
  if (const auto words = outcome.difference(); !words.empty()) text += "  NOT THE SAME: " + words + "\n";
  if (t.pings.lost != 0) text += fmt::format("  {} PINGS WERE NOT ANSWERED\n", with_commas(t.pings.lost));
  if (t.wrongs != 0) text += fmt::format("  {} ANSWERS WERE WRONG:\n", with_commas(t.wrongs));
  for (const std::string& one : t.wrong) text += "    " + one + "\n";
  return text;
}

std::string to_json(const MixOutcome& outcome, const Options& options) {
  const auto number = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
  const MixTally& t = outcome.tally;
  JsonObject json;
  json.add("viewers", std::int64_t{options.viewers});
  json.add("runMs", number(outcome.run_ms));
  json.add("settledAfterMs", number(outcome.settled_after_ms));
  const auto add = [&](std::string_view name, const KindTally& tally) {
    json.begin(name);
    json.add("sent", number(tally.sent));
    json.add("done", number(tally.done));
    json.add("refused", number(tally.refused));
    json.add("again", number(tally.again));
    json.begin("codes");
    for (const auto& [code, times] : tally.codes) json.add(code, number(times));
    json.end();
    json.add("p50Us", number(tally.took.quantile(kMedian)));
    json.add("p99Us", number(tally.took.quantile(kP99)));
    json.add("maxUs", number(tally.took.max()));
    json.end();
  };
  add("ping", t.pings);
  for (std::size_t i = 0; i < kDeedKinds; ++i) add(to_name(static_cast<DeedKind>(i)), t.deeds[i]);
  json.add("repeated", number(t.repeated));
  json.add("tipsTold", number(t.tips_told));
  json.add("meterings", number(t.meterings));
  json.begin("acknowledged");
  json.add("tips", to_decimal(outcome.acknowledged.tips));
  json.add("tickets", to_decimal(outcome.acknowledged.tickets));
  json.add("purchases", to_decimal(outcome.acknowledged.purchases));
  json.add("calls", number(outcome.acknowledged.calls.size()));
  json.end();
  json.add("spent", to_decimal(outcome.spent));
  json.add("charged", to_decimal(outcome.charged));
  json.add("settled", to_decimal(outcome.settled));
  if (const auto words = outcome.difference(); !words.empty()) json.add("difference", words);
  json.add("lost", number(t.pings.lost));
  json.add("wrong", number(t.wrongs));
  if (!t.wrong.empty()) json.add("firstWrong", t.wrong.front());
  json.add("good", outcome.good());
  return json.text();
}

}  // namespace paytick::app::load
