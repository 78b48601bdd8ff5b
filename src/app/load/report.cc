#include "app/load/report.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "app/json.h"
#include "app/progress.h"

namespace paytick::app::load {
namespace {

struct Quantile {
  const char* name;
  std::uint32_t per_million;
};
constexpr std::array<Quantile, 4> kQuantiles{
    {{"p50", 500'000}, {"p90", 900'000}, {"p99", 990'000}, {"p99.9", 999'000}}};

std::string milliseconds(std::uint64_t us) { return fmt::format("{}.{:02}", us / 1'000, us % 1'000 / 10); }

std::uint64_t per_second(std::uint64_t n, std::uint64_t ms) { return ms == 0 ? 0 : n * 1'000 / ms; }

std::string row(const char* name, const Histogram& histogram) {
  std::string text = fmt::format("  {:<22}", name);
  for (const Quantile& q : kQuantiles)
    text += fmt::format("{:>10}", milliseconds(histogram.quantile(q.per_million)));
  return text + fmt::format("{:>10}\n", milliseconds(histogram.max()));
}

std::string error_words(const Tally& tally) {
  std::string text;
  for (const auto& [code, times] : tally.errors) text += fmt::format(" {} {}", with_commas(times), code);
  return text.empty() ? " none" : text;
}

std::string billed_words(const Outcome& outcome) {
  if (!outcome.billed || !outcome.expected) return "cannot be told: /metrics or the balances were not there";
  if (outcome.agrees())
    return fmt::format("{} ticks, as the answers say: each once",
                       with_commas(static_cast<std::uint64_t>(*outcome.billed)));
  return fmt::format("{} ticks, the answers say {}: NOT THE SAME", *outcome.billed, *outcome.expected);
}

// "a process, 123,456 of its gateway's threads alone"
std::string gateway_words(const GatewayFigures& gateway) {
  std::string text;
  if (gateway.answers_per_process_cpu_s)
    text += fmt::format("{} pings answered a CPU-second of the process",
                        with_commas(*gateway.answers_per_process_cpu_s));
  if (gateway.answers_per_gateway_cpu_s)
    text +=
        fmt::format("{}{} of the gateway's threads", text.empty() ? "pings answered a CPU-second: " : ", ",
                    with_commas(*gateway.answers_per_gateway_cpu_s));
  if (gateway.bytes_per_connection)
    text += fmt::format("{}{} bytes resident a connection", text.empty() ? "" : "; ",
                        *gateway.bytes_per_connection);
  return text;
}

}  // namespace

std::string progress_words(const Tally& tally, std::uint64_t answered_per_s, std::uint64_t spent_ms,
                           std::uint64_t run_ms) {
  return fmt::format("{:>3}/{} s  {} sent  {} accepted  {}/s  p50 {} ms  p99 {} ms  errors{}",
                     spent_ms / 1'000, run_ms / 1'000, with_commas(tally.sent), with_commas(tally.accepted),
                     with_commas(answered_per_s), milliseconds(tally.from_sent.quantile(500'000)),
                     milliseconds(tally.from_sent.quantile(990'000)), error_words(tally));
}

std::string to_words(const Outcome& outcome, const Options& options, const Plan& plan) {
  const Tally& t = outcome.tally;
  std::string text;
  auto to = std::back_inserter(text);
  const std::string pace =
      options.flat_out ? "as fast as they are answered" : with_commas(plan.rate) + " heartbeats/s asked for";
  fmt::format_to(to, "{} viewers over {} from {} process{}, {}, ticks of {} ms\n",
                 with_commas(options.viewers), options.over, plan.processes, plan.processes == 1 ? "" : "es",
                 pace, options.tick_ms);
  fmt::format_to(to, "  sent       {}  ({}/s)\n", with_commas(t.sent),
                 with_commas(per_second(t.sent, outcome.spent_ms)));
  fmt::format_to(to, "  accepted   {}  ({}/s for {}.{} s)\n", with_commas(t.accepted),
                 with_commas(per_second(t.accepted, outcome.spent_ms)), outcome.spent_ms / 1'000,
                 outcome.spent_ms % 1'000 / 100);
  fmt::format_to(to, "  refused    {}, without an answer {}; errors:{}\n", with_commas(t.refused),
                 with_commas(t.lost), error_words(t));
  fmt::format_to(to, "  billed     {}\n", billed_words(outcome));
  if (const auto words = gateway_words(outcome.gateway); !words.empty() && !options.over_http())
    fmt::format_to(to, "  gateway    {}\n", words);
  if (!outcome.history_behind_s.empty())
    fmt::format_to(to, "  history    {} s behind when the last answer came\n", outcome.history_behind_s);
  text += "\n";
  fmt::format_to(to, "  {:<22}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "answer after, ms", "p50", "p90", "p99",
                 "p99.9", "max");
  text += row(options.over_http() ? "its batch was sent" : "it was sent", t.from_sent);
  text += row("it was due", t.from_due);
  return text;
}

std::string to_json(const Outcome& outcome, const Options& options, const Plan& plan) {
  const Tally& t = outcome.tally;
  const auto number = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
  JsonObject json;
  json.add("over", options.over);
  json.add("viewers", std::int64_t{options.viewers});
  if (options.flat_out) {
    json.add("flatOut", true);
  } else {
    json.add("rate", number(plan.rate));
  }
  json.add("processes", std::int64_t{plan.processes});
  json.add("tickMs", std::int64_t{options.tick_ms});
  json.add("spentMs", number(outcome.spent_ms));
  json.add("sent", number(t.sent));
  json.add("accepted", number(t.accepted));
  json.add("acceptedPerSecond", number(per_second(t.accepted, outcome.spent_ms)));
  json.add("refused", number(t.refused));
  json.add("lost", number(t.lost));
  json.begin("errors");
  for (const auto& [code, times] : t.errors) json.add(code, number(times));
  json.end();
  if (outcome.expected) json.add("expectedTicks", *outcome.expected);
  if (outcome.billed) json.add("billedTicks", *outcome.billed);
  if (!outcome.history_behind_s.empty()) json.add("historyBehindSeconds", outcome.history_behind_s);
  const GatewayFigures& gateway = outcome.gateway;
  if (gateway.answers_per_process_cpu_s)
    json.add("answersPerCpuSecond", number(*gateway.answers_per_process_cpu_s));
  if (gateway.answers_per_gateway_cpu_s)
    json.add("answersPerGatewayCpuSecond", number(*gateway.answers_per_gateway_cpu_s));
  if (gateway.bytes_per_connection) json.add("bytesPerConnection", *gateway.bytes_per_connection);
  const auto latency = [&](const char* name, const Histogram& histogram) {
    json.begin(name);
    for (const Quantile& q : kQuantiles) json.add(q.name, number(histogram.quantile(q.per_million)));
    json.add("max", number(histogram.max()));
    json.end();
  };
  latency("answerUs", t.from_sent);
  latency("answerAfterDueUs", t.from_due);
  json.add("good", outcome.good());
  return json.text();
}

}  // namespace paytick::app::load
