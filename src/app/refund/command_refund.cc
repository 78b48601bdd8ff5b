// paytick refund: the development viewer asks for the rest of his meter, as a wallet would, and gets it.

#include <chrono>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>

#include "app/commands.h"
#include "app/dev/dev_file.h"
#include "app/dev/history.h"
#include "chain/submitter.h"
#include "model/money.h"
#include "settler/dev_chain.h"

namespace paytick::app {
namespace {

struct Options {
  std::string data = ".paytick";
  int wait_s = 60;
};

int complain(const Error& error) {
  std::cerr << "paytick refund: " << error.message << " (" << error.code << ")\n";
  return kExitFailed;
}

// The viewer signs it and pays its fee.
Result<chain::ScVal> ask(settler::DevChain& chain, const dev::DevFile& system) {
  auto key = chain::SecretKey::parse(system.viewer_secret);
  if (!key) return tl::unexpected(key.error());
  chain::Submitter viewer(chain.rpc(), chain::network_id(system.network_passphrase), *key);
  return viewer.submit(chain::invoke(system.viewer_meter, "request_refund", {}));
}

bool wait_until_empty(settler::DevChain& chain, const MeterId& meter, std::chrono::seconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto balance = chain.meter_balance(meter);
    if (balance && *balance == Amount(0)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return false;
}

std::string transaction_of(const rapidjson::Value& item) {
  const bool is_refund =
      item["kind"].GetString() == std::string_view("refund") && item.HasMember("transaction");
  return is_refund ? item["transaction"].GetString() : "";
}

int run(const Options& options) {
  const auto system = dev::read_dev_file_with_gateway(options.data);
  if (!system) return complain(system.error());
  auto operator_key = chain::SecretKey::parse(system->operator_secret);
  if (!operator_key) return complain(operator_key.error());
  auto chain = settler::DevChain::connect(system->rpc_url, system->network_passphrase, *operator_key);
  if (!chain) return complain(chain.error());
  const auto held = (*chain)->meter_balance(system->viewer_meter);
  if (!held) return complain(held.error());
  if (*held == Amount(0)) {
    std::cout << "The meter is empty: there is nothing to ask back.\n";
    return kExitDone;
  }
  const auto earlier =
      dev::find_in_history(*system, [](const auto& item) { return !transaction_of(item).empty(); });
  const std::string before = earlier ? transaction_of(*earlier) : "";

  if (const auto asked = ask(**chain, *system); !asked) return complain(asked.error());
  std::cout << "Asked for the rest of " << to_text(system->viewer_meter) << ", which holds "
            << to_decimal(*held)
            << " XLM.\nSessions on it halt; what is owed is settled, then the rest is paid …" << std::endl;
  const std::chrono::seconds patience(options.wait_s);
  if (!wait_until_empty(**chain, system->viewer_meter, patience)) {
    std::cerr << "The meter is not empty yet; paytick up's log says what the settler does.\n";
    return kExitFailed;
  }
  const auto shown = dev::wait_for_history(
      *system,
      [&](const auto& item) { return !transaction_of(item).empty() && transaction_of(item) != before; },
      patience);
  if (!shown) {
    std::cerr << "PostgreSQL does not show the refund yet; paytick up's log says what the projection does.\n";
    return kExitFailed;
  }
  std::cout << "  back with the viewer  " << (*shown)["amount"].GetString() << " XLM\n"
            << "  transaction           " << transaction_of(*shown) << "\n";
  return kExitDone;
}

}  // namespace

void add_refund(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* const refund =
      app.add_subcommand("refund", "Ask for the rest of the development viewer's meter and watch it come");
  refund->add_option("--data", options->data, "Data folder of the running `paytick up --dev`")
      ->capture_default_str();
  refund->add_option("--wait", options->wait_s, "Seconds to wait for the money")
      ->check(CLI::Range(1, 3'600))
      ->capture_default_str();
  refund->footer(
      "Exit codes: 0 paid and shown in the history, or nothing was there; 1 not yet; 2 wrong options.");
  refund->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace paytick::app
