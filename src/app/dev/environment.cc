#include "app/dev/environment.h"

#include <spdlog/spdlog.h>

#include <array>
#include <utility>

#include "app/atomic_file.h"
#include "app/dev/wasm.h"
#include "app/json.h"
#include "settler/dev_chain.h"

namespace paytick::app::dev {

namespace fs = std::filesystem;

fs::path dev_json(const fs::path& data) { return data / "dev.json"; }

Environment::Environment(Options options, Secrets secrets, LocalNetwork network, PrivatePostgres postgres)
    : options_(std::move(options)),
      secrets_(std::move(secrets)),
      network_(std::move(network)),
      postgres_(std::move(postgres)) {}

Result<std::unique_ptr<Environment>> Environment::start(const Options& options, Random& random) {
  fs::create_directories(options.data);
  fs::permissions(options.data, fs::perms::owner_all);
  fs::remove(dev_json(options.data));
  auto secrets = load_or_make_secrets(options.data / "secrets.json", random);
  if (!secrets) return tl::unexpected(secrets.error());

  auto program = find_localnet();
  if (!program) return tl::unexpected(program.error());
  spdlog::info("starting the local Stellar network");
  auto network = LocalNetwork::start({.program = *program,
                                      .folder = options.data / "stellar",
                                      .ledger_ms = options.ledger_ms,
                                      .ledger_limits = options.ledger_limits});
  if (!network) return tl::unexpected(network.error());
  spdlog::info("starting a private PostgreSQL");
  auto postgres = PrivatePostgres::start(options.data / "postgres");
  if (!postgres) return tl::unexpected(postgres.error());

  std::unique_ptr<Environment> environment(
      new Environment(options, std::move(*secrets), std::move(*network), std::move(*postgres)));
  // Whoever waits for the start does not wait for ledgers; afterwards they close as configured.
  if (auto done = environment->network_.close_on_demand(true); !done) return tl::unexpected(done.error());
  if (auto done = environment->set_up_chain(); !done) return tl::unexpected(done.error());
  if (auto done = environment->network_.close_on_demand(false); !done) return tl::unexpected(done.error());
  return environment;
}

Result<void> Environment::set_up_chain() {
  spdlog::info("setting up accounts and contracts on the local network");
  auto chain = settler::DevChain::connect(network_.rpc_url(), network_.passphrase(), secrets_.operator_key);
  if (!chain) return tl::unexpected(chain.error());
  const std::array<AccountId, 4> accounts = {secrets_.operator_key.account(), secrets_.settler.account(),
                                             secrets_.viewer.account(), secrets_.creator.account()};
  if (auto done = (*chain)->fund(network_.friendbot_url(), accounts); !done) return done;

  settler::RouterSetup setup;
  setup.admin = setup.fee_account = secrets_.operator_key.account();
  setup.settler = secrets_.settler.account();
  setup.router_wasm = router_wasm();
  setup.meter_wasm = meter_wasm();
  auto router = (*chain)->deploy_router(setup);
  if (!router) return tl::unexpected(router.error());
  router_ = *router;

  const std::array<ViewerId, 1> viewers = {secrets_.viewer.account()};
  auto meters = (*chain)->deploy_meters(router_, viewers);
  if (!meters) return tl::unexpected(meters.error());
  viewer_meter_ = meters->front();
  auto balance = (*chain)->meter_balance(viewer_meter_);
  if (!balance) return tl::unexpected(balance.error());
  // Once: the folder remembers it, so that what was watched stays paid after a restart.
  const fs::path marker = options_.data / "stellar" / "viewer-topped-up";
  if (fs::exists(marker)) return {};
  if (*balance == Amount{}) {
    const std::array<std::pair<MeterId, Amount>, 1> deposit = {{{viewer_meter_, kViewerTopUp}}};
    if (auto done = (*chain)->deposit_many(router_, deposit); !done) return done;
  }
  return write_private_file(marker, "");
}

Result<void> Environment::announce(const std::string& listen) {
  JsonObject json;
  json.add("listen", listen);
  json.add("rpcUrl", network_.rpc_url());
  json.add("friendbotUrl", network_.friendbot_url());
  json.add("networkPassphrase", network_.passphrase());
  json.add("router", to_text(router_));
  json.add("platformApiKey", secrets_.platform_api_key);
  json.add("databaseUrl", postgres_.url());
  const auto person = [&](const char* name, const chain::SecretKey& key) {
    json.begin(name);
    json.add("publicKey", to_text(key.account()));
    json.add("secret", key.seed_text());
  };
  person("viewer", secrets_.viewer);
  json.add("meter", to_text(viewer_meter_));
  json.end();
  person("creator", secrets_.creator);
  json.end();
  person("operator", secrets_.operator_key);
  json.end();
  return write_private_file(dev_json(options_.data), json.text());
}

}  // namespace paytick::app::dev
