// paytick play: one session on a development system, with a meter in the terminal, down to the money on
// chain.

#include <unistd.h>

#include <chrono>
#include <iostream>
#include <thread>

#include "app/commands.h"
#include "app/dev/content.h"
#include "app/dev/dev_file.h"
#include "app/dev/environment.h"
#include "app/dev/history.h"
#include "app/play/player.h"
#include "model/money.h"
#include "settler/dev_chain.h"

namespace paytick::app {
namespace {

struct Options {
  std::string data = ".paytick";
  std::string content;
  int pings = 12;
  std::int64_t tick_ms = 1'000;
  std::string price = "0.0100000";
  int settle_wait_s = 60;
};

int complain(const Error& error) {
  std::cerr << "paytick play: " << error.message << " (" << error.code << ")\n";
  return error.code == "bad_price" ? kExitUsage : kExitFailed;
}

// The development viewer's money is finite, and whoever has tried paytick often enough wants to go on.
int complain_of_play(const Error& error, const std::string& data) {
  const int exit_code = complain(error);
  if (error.code == "balance" || error.code == "limit")
    std::cerr << "The viewer of a development folder has " << to_decimal(dev::kViewerTopUp)
              << " XLM to spend. To begin anew, end `paytick up` and remove " << data
              << ", or take another folder with --data; `paytick load --fund` makes viewers of its own.\n";
  return exit_code;
}

void show_meter(const PlayerUpdate& update, int pings) {
  constexpr int kWidth = 24;
  const int filled = kWidth * update.ping / pings;
  std::string bar;
  for (int i = 0; i < kWidth; ++i) bar += i < filled ? "█" : "░";
  std::cout << (::isatty(STDOUT_FILENO) ? "\r\033[K" : "") << "  ▶ " << bar << "  " << update.ping << "/"
            << pings << "   " << update.new_balance << " XLM left   "
            << std::chrono::duration_cast<std::chrono::milliseconds>(update.latency).count() << " ms"
            << (::isatty(STDOUT_FILENO) ? "" : "\n") << std::flush;
}

// Until the meter's balance on chain is what the last answer said, or the patience ends.
bool wait_for_settlement(settler::DevChain& chain, const dev::DevFile& system, Amount expected,
                         int patience_s) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(patience_s);
  while (std::chrono::steady_clock::now() < deadline) {
    const auto balance = chain.meter_balance(system.viewer_meter);
    if (balance && *balance == expected) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return false;
}

// What the history says of a session, once the settlement is in it.
std::optional<dev::HistoryItem> wait_for_session(const dev::DevFile& system, const std::string& session,
                                                 int patience_s) {
  return dev::wait_for_history(
      system,
      [&](const dev::HistoryItem& item) {
        return item.session == session && item.settled && !item.transaction.empty();
      },
      std::chrono::seconds(patience_s));
}

int run(const Options& options) {
  const auto price = from_decimal(options.price);
  if (!price)
    return complain(
        Error{"bad_price", "'" + options.price + "' is no amount of XLM, as 0.0100000", Next::refused});
  const auto system = dev::read_dev_file_with_gateway(options.data);
  if (!system) return complain(system.error());
  auto operator_key = chain::SecretKey::parse(system->operator_secret);
  if (!operator_key) return complain(operator_key.error());
  auto chain = settler::DevChain::connect(system->rpc_url, system->network_passphrase, *operator_key);
  if (!chain) return complain(chain.error());
  const auto creator_account = parse_id<AccountId>(system->creator);
  const auto creator_before = (*chain)->account_balance(*creator_account);
  if (!creator_before) return complain(creator_before.error());

  auto content = options.content.empty() ? dev::create_content({.listen = system->listen,
                                                                .platform_api_key = system->platform_api_key,
                                                                .title = "Demo film",
                                                                .creator = system->creator,
                                                                .tick_ms = options.tick_ms,
                                                                .price = *price})
                                         : Result<std::string>(options.content);
  if (!content) return complain(content.error());
  std::cout << "Playing " << *content << ": " << options.pings << " ticks of " << options.tick_ms << " ms at "
            << to_decimal(*price) << " XLM\n";
  const auto last = play({.url = system->listen,
                          .content = *content,
                          .meter = to_text(system->viewer_meter),
                          .pings = options.pings,
                          .period = std::chrono::milliseconds(options.tick_ms)},
                         [&](const PlayerUpdate& update) { show_meter(update, options.pings); });
  std::cout << "\n";
  if (!last) return complain_of_play(last.error(), options.data);

  std::cout << "Stopped. Waiting for the settlement on chain …" << std::endl;
  const Amount expected = from_decimal(last->new_balance).value_or(Amount{});
  const bool settled = wait_for_settlement(**chain, *system, expected, options.settle_wait_s);
  const auto left = (*chain)->meter_balance(system->viewer_meter);
  const auto creator_after = (*chain)->account_balance(*creator_account);
  if (!left || !creator_after) return complain(left ? creator_after.error() : left.error());
  std::cout << "  on the socket       " << last->new_balance << " XLM left\n"
            << "  in the meter        " << to_decimal(*left) << " XLM on chain\n"
            << "  with the creator    "
            << to_decimal(subtract(*creator_after, *creator_before).value_or(Amount{}))
            << " XLM more than before\n"
            << "  session             " << last->session << "\n";
  const auto shown = wait_for_session(*system, last->session, settled ? options.settle_wait_s : 0);
  if (shown)
    std::cout << "  in PostgreSQL       " << shown->ticks << " ticks, " << shown->amount << " XLM\n"
              << "  transaction         " << shown->transaction << "\n";
  if (!settled) {
    std::cerr << "The chain does not hold " << last->new_balance
              << " yet; paytick up's log says what the settler does.\n";
    return kExitFailed;
  }
  if (!shown) {
    std::cerr
        << "PostgreSQL does not show the settlement yet; paytick up's log says what the projection does.\n";
    return kExitFailed;
  }
  return kExitDone;
}

}  // namespace

void add_play(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* const play =
      app.add_subcommand("play", "Play one session on a development system and watch the money move");
  play->add_option("--data", options->data, "Data folder of the running `paytick up --dev`")
      ->capture_default_str();
  play->add_option("--content", options->content, "Content to watch (default: a new one)");
  play->add_option("--pings", options->pings, "How many ticks to watch")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  play->add_option("--tick-ms", options->tick_ms, "Length of a tick of the new content")
      ->check(CLI::Range(100, 3'600'000))
      ->capture_default_str();
  play->add_option("--price", options->price, "XLM a tick of the new content")->capture_default_str();
  play->add_option("--settle-wait", options->settle_wait_s, "Seconds to wait for the settlement")
      ->capture_default_str();
  play->footer(
      "Exit codes: 0 played, settled and shown in the history; 1 something was not; 2 wrong options.");
  play->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace paytick::app
