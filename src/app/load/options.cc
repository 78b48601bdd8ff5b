#include "app/load/options.h"

#include <algorithm>
#include <charconv>

#include "app/load/mix/deeds.h"
#include "app/load/wire.h"
#include "model/plan.h"

namespace paytick::app::load {
namespace {

constexpr std::uint64_t kSocketPingsMax = 50;  // a second; the gateway's limit (ingest/gateway_parts.h)
constexpr std::uint64_t kOtherFiles = 256;     // of a process, besides its sockets
constexpr std::uint32_t kProcessesMax = 64;
constexpr std::uint64_t kRateMax = 10'000'000;
constexpr std::uint64_t kRunMsMax = std::uint64_t{7} * 24 * 3'600 * 1'000;

constexpr const char* kExamples = R"(Examples:
  paytick load --fund --viewers 1000                        a thousand players, a ping a second each
  paytick load --fund --viewers 10000 --for 60s             the latency of 10,000 pings a second
  paytick load --over http --fund --viewers 100000 --rate 100000 --for 60s --batch 2000
                                                            a platform's 100,000 sessions
  paytick load --over http --viewers 1000 --duplicates 0.2 --shuffle 0.2
                                                            the same bill, from a worse network
  paytick load --fund --viewers 10000 --flat-out            as fast as they are answered: what the gateway can do
  paytick load --listen URL --listen URL --metrics URL --fund --viewers 100000 --tick-ms 10000 --for 60s
                                                            100,000 players over two gateways; what was billed is
                                                            asked of the aggregator
  PAYTICK_BILLING_WEBHOOK_SECRET=… paytick load --mix --fund --deposit 2 --viewers 5000 --for 10m
                                                            everything at once, judged
A process may open so many files only (ulimit -n): players are dealt out to as many processes as that takes.
It reads addresses and keys from dev.json in the data folder of a running `paytick up --dev`; PAYTICK_PLATFORM_API_KEY
names another key. Meters that --fund has made are remembered in load.meters there and used again. The check of what was
billed counts all ticks of the system, so let nothing else play meanwhile.

Exit codes: 0 all was answered, accepted and billed; 1 something was not; 2 wrong options.)";

std::string mix_words() {
  return "With --mix each viewer watches, pings every ten seconds, is in the room of its stream (one stream "
         "in four is\n"
         "joined first), and has a turn a minute, of runs below five minutes six in all:\n  " +
         shares_of_turns() +
         ".\n"
         "Who called hangs up after some 75 s, who paused resumes after some 5 s. One request in ten that "
         "changes\n"
         "something is sent twice, and both answers must be equal. Where the gateway has\n"
         "PAYTICK_BILLING_WEBHOOK_SECRET and this command has the same, a scheduler meters the calls, twice "
         "every 30 s.\n"
         "No balance, a limit, a pause are refusals to be expected; any other answer than the one due is "
         "wrong. At the\n"
         "end all is settled, each viewer's history has what was acknowledged and nothing else, and log, "
         "database and\n"
         "chain agree. --seed chooses who does what when; keys and names are new in every run.\n\n";
}

}  // namespace

void declare(CLI::App& command, Options& o) {
  command.footer(mix_words() + kExamples);
  command.add_option("--over", o.over, "ws: a socket for each viewer; http: batches from a platform")
      ->check(CLI::IsMember({"ws", "http"}))
      ->capture_default_str();
  command.add_option("--data", o.data, "Data folder of the running `paytick up --dev`")
      ->capture_default_str();
  command.add_option("--listen,--url", o.listen,
                     "A gateway's URL; several share the viewers (default: dev.json's)");
  command.add_option(
      "--metrics", o.metrics,
      "URL of an aggregator, asked what was billed; several are added up (default: the gateways)");
  command.add_option(
      "--meters", o.meters,
      "File of meters that exist, as load.meters; with --listen and --content no dev.json is read");
  command.add_option("--content", o.content, "Content to watch (default: a new one)");
  command.add_option("--viewers,--sessions", o.viewers, "How many, each with a meter and a session")
      ->check(CLI::Range(1U, kViewersMax))
      ->capture_default_str();
  command
      .add_option("--rate", o.rate, "Heartbeats a second, of all together (default: one a tick from each)")
      ->check(CLI::Range(std::uint64_t{1}, kRateMax));
  command.add_option("--for", o.run_for, "How long: 500ms, 60s, 10m, 1h")->capture_default_str();
  command.add_option("--tick-ms", o.tick_ms, "Length of a tick of the new content")
      ->check(CLI::Range(kTickMsMin, kTickMsMax))
      ->capture_default_str();
  command.add_option("--price", o.price, "XLM a tick of the new content")->capture_default_str();
  command.add_flag("--fund", o.fund, "First deploy the meters that are missing and deposit into them");
  command.add_option("--deposit", o.deposit, "XLM into each new meter")->capture_default_str();
  command.add_option("--payers", o.payers, "Accounts that deploy and deposit side by side")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command.add_option("--duplicates", o.duplicates, "Share of heartbeats that are sent twice")
      ->check(CLI::Range(0.0, 1.0));
  command
      .add_option("--shuffle", o.shuffle,
                  "Share of heartbeats that later ones of the same viewer overtake (http)")
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--batch", o.batch, "Lines of a request (http)")
      ->check(CLI::Range(1, 50'000))
      ->capture_default_str();
  command.add_option("--connections", o.connections, "Requests under way at once, a connection each (http)")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command.add_option("--threads", o.threads, "Threads of a process that drive sockets (ws)")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command
      .add_option("--processes", o.processes, "Processes that drive sockets (ws; default: as many as needed)")
      ->check(CLI::Range(1U, kProcessesMax));
  command.add_option("--ramp", o.ramp, "Sockets opened a second, of all together (ws)")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command.add_flag("--flat-out", o.flat_out,
                   "A player pings again as soon as it is answered, instead of on time (ws)");
  command
      .add_option("--seed", o.seed,
                  "Which heartbeats are doubled and delayed; with --mix, who does what when")
      ->capture_default_str();
  command.add_flag(
      "--mix", o.mix,
      "Players who also call, tip, buy tickets and tokens, set limits and pause; see below. Nobody\n"
      "else may use the system meanwhile");
  command.add_flag("--json", o.json, "The report as JSON on standard output");
}

Result<std::uint64_t> parse_duration(const std::string& text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string unit(read.ptr, text.data() + text.size());
  const std::uint64_t factor = unit == "ms"  ? 1
                               : unit == "s" ? 1'000
                               : unit == "m" ? 60'000
                               : unit == "h" ? 3'600'000
                                             : 0;
  if (read.ec != std::errc{} || factor == 0 || number == 0 || number > kRunMsMax / factor)
    return fail("bad_duration", "'" + text + "' is no time: write 500ms, 60s, 10m or 1h, at most 7 days");
  return number * factor;
}

namespace {

// How many processes and threads share the sockets.
Result<void> deal_out(const Options& options, std::uint64_t files_max, Plan& plan) {
  const std::uint64_t sockets_max = files_max > kOtherFiles ? files_max - kOtherFiles : 1;
  const std::uint64_t needed = (options.viewers + sockets_max - 1) / sockets_max;
  if (needed > kProcessesMax || (options.processes != 0 && options.processes < needed))
    return fail("too_many_sockets", "this machine lets a process open " + std::to_string(files_max) +
                                        " files (ulimit -n): take --processes " + std::to_string(needed) +
                                        ", fewer viewers, or --over http");
  plan.processes = std::min(options.processes != 0 ? options.processes : static_cast<std::uint32_t>(needed),
                            options.viewers);
  plan.threads = std::min(options.threads, std::max(options.viewers / plan.processes, 1U));
  return {};
}

// A mix chooses these itself.
Result<void> check_mix(const Options& options) {
  const std::string other = options.over_http()        ? "--over http"
                            : options.flat_out         ? "--flat-out"
                            : !options.content.empty() ? "--content"
                            : options.rate != 0        ? "--rate"
                            : options.duplicates > 0   ? "--duplicates"
                            : options.processes > 1    ? "--processes"
                            : !options.meters.empty()  ? "--meters"
                                                       : "";
  if (other.empty()) return {};
  return fail("bad_option", "--mix does not go together with " + other);
}

}  // namespace

Result<Plan> plan_of(const Options& options, std::uint64_t files_max) {
  Plan plan;
  if (options.mix)
    if (auto checked = check_mix(options); !checked) return tl::unexpected(checked.error());
  const auto run = parse_duration(options.run_for);
  if (!run) return tl::unexpected(run.error());
  plan.run_ms = *run;
  const auto price = from_decimal(options.price);
  if (!price || price->units() < 0 || price->units() > kPricePerTickMax)
    return fail("bad_price", "'" + options.price + "' is no price");
  plan.price = *price;
  const auto deposit = from_decimal(options.deposit);
  if (!deposit || deposit->units() < 0) return fail("bad_deposit", "'" + options.deposit + "' is no deposit");
  plan.deposit = *deposit;
  plan.rate =
      options.rate != 0
          ? options.rate
          : std::max<std::uint64_t>(
                std::uint64_t{options.viewers} * 1'000 / static_cast<std::uint64_t>(options.tick_ms), 1);
  plan.beats = std::max<std::uint64_t>(plan.rate * plan.run_ms / 1'000, 1);
  plan.duplicates_per_million = static_cast<std::uint32_t>(options.duplicates * 1e6);
  plan.held_per_million = static_cast<std::uint32_t>(options.shuffle * 1e6);
  if (!options.over_http()) {
    if (options.shuffle > 0)
      return fail("no_order", "--shuffle needs --over http: a socket keeps its messages in order");
    if (plan.rate > kSocketPingsMax * options.viewers)
      return fail("too_fast", "the gateway takes " + std::to_string(kSocketPingsMax) +
                                  " pings a second from a socket: raise --viewers or lower --rate");
    if (auto dealt = deal_out(options, files_max, plan); !dealt) return tl::unexpected(dealt.error());
    if (options.mix && plan.processes > 1)
      return fail("too_many_sockets", "a mix is one process: raise ulimit -n, or take fewer viewers");
  } else if (options.flat_out) {
    return fail("bad_option", "--flat-out is for sockets; over HTTP raise --rate");
  }
  return plan;
}

}  // namespace paytick::app::load
