// paytick refund: the development viewer asks for the rest of his meter, as a wallet would, and gets it.

#include <chrono>
#include <iostream>
#include <optional>
#include <thread>

#include "app/commands.h"
#include "app/dev/dev_file.h"
#include "app/dev/history.h"
#include "chain/submitter.h"
#include "model/money.h"
#include "settler/dev_chain.h"
#include "settler/router_abi.h"

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

Result<settler::MeterTotals> totals_of(settler::DevChain& chain, const dev::DevFile& system,
                                       const AccountId& asking) {
  auto value = chain::simulate_call(chain.rpc(), asking, system.viewer_meter, "totals", {});
  if (!value) return tl::unexpected(value.error());
  const auto* fields = chain::vec_of(*value);
  const auto totals = fields == nullptr ? std::nullopt : settler::totals_of(*fields);
  if (!totals) return fail("rpc_malformed", "The meter answers totals() with something else.");
  return *totals;
}

// Until no refund is pending any more, or the patience ends.
std::optional<settler::MeterTotals> wait_for_release(settler::DevChain& chain, const dev::DevFile& system,
                                                     const AccountId& asking, std::chrono::seconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto now = totals_of(chain, system, asking);
    if (now && now->refund_at_s == 0) return *now;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return std::nullopt;
}

bool is_refund(const dev::HistoryItem& item) { return item.kind == "refund" && !item.transaction.empty(); }

int run(const Options& options) {
  const auto system = dev::read_dev_file_with_gateway(options.data);
  if (!system) return complain(system.error());
  auto operator_key = chain::SecretKey::parse(system->operator_secret);
  if (!operator_key) return complain(operator_key.error());
  const AccountId asking = operator_key->account();
  auto chain = settler::DevChain::connect(system->rpc_url, system->network_passphrase, *operator_key);
  if (!chain) return complain(chain.error());
  const auto held = (*chain)->meter_balance(system->viewer_meter);
  const auto before = totals_of(**chain, *system, asking);
  if (!held || !before) return complain(held ? before.error() : held.error());
  if (*held == Amount(0)) {
    std::cout << "The meter is empty: there is nothing to ask back.\n";
    return kExitDone;
  }
  const auto earlier = dev::find_in_history(*system, is_refund);

  if (const auto asked = ask(**chain, *system); !asked) return complain(asked.error());
  std::cout << "Asked for the rest of " << to_text(system->viewer_meter) << ", which holds "
            << to_decimal(*held)
            << " XLM.\nSessions on it halt; what is owed is settled, then the rest is paid …" << std::endl;
  const std::chrono::seconds patience(options.wait_s);
  const auto after = wait_for_release(**chain, *system, asking, patience);
  if (!after) {
    std::cerr << "The rest is not released yet; paytick up's log says what the settler does.\n";
    return kExitFailed;
  }
  if (after->refunded == before->refunded) {
    std::cout << "  nothing was left      all of it was owed\n";
    return kExitDone;
  }
  const auto shown = dev::wait_for_history(
      *system,
      [&](const dev::HistoryItem& item) {
        return is_refund(item) && (!earlier || item.transaction != earlier->transaction);
      },
      patience);
  if (!shown) {
    std::cerr << "PostgreSQL does not show the refund yet; paytick up's log says what the projection does.\n";
    return kExitFailed;
  }
  std::cout << "  back with the viewer  " << shown->amount << " XLM\n"
            << "  transaction           " << shown->transaction << "\n";
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
