#include "app/dev/chain_setup.h"

#include <array>
#include <utility>

#include "app/atomic_file.h"
#include "app/dev/wasm.h"
#include "app/json.h"
#include "settler/dev_chain.h"

namespace paytick::app::dev {

namespace fs = std::filesystem;

fs::path dev_json(const fs::path& data) { return data / "dev.json"; }

Result<DevContracts> set_up_chain(const DevServices& services, const Secrets& secrets, const fs::path& data) {
  auto chain =
      settler::DevChain::connect(services.rpc_url, services.network_passphrase, secrets.operator_key);
  if (!chain) return tl::unexpected(chain.error());
  const std::array<AccountId, 5> accounts = {secrets.operator_key.account(), secrets.settler.account(),
                                             secrets.treasury().account(), secrets.viewer.account(),
                                             secrets.creator.account()};
  if (auto done = (*chain)->fund(services.friendbot_url, accounts); !done)
    return tl::unexpected(done.error());

  settler::RouterSetup setup;
  setup.admin = setup.fee_account = secrets.operator_key.account();
  setup.settler = secrets.settler.account();
  setup.treasury = secrets.treasury().account();
  setup.router_wasm = router_wasm();
  setup.meter_wasm = meter_wasm();
  const auto router = (*chain)->deploy_router(setup);
  if (!router) return tl::unexpected(router.error());

  const std::array<ViewerId, 1> viewers = {secrets.viewer.account()};
  const auto meters = (*chain)->deploy_meters(*router, viewers);
  if (!meters) return tl::unexpected(meters.error());
  const DevContracts contracts{*router, meters->front()};
  const auto balance = (*chain)->meter_balance(contracts.viewer_meter);
  if (!balance) return tl::unexpected(balance.error());
  const fs::path marker = data / "stellar" / "viewer-topped-up";
  if (fs::exists(marker)) return contracts;
  if (*balance == Amount{}) {
    const std::array<std::pair<MeterId, Amount>, 1> deposit = {{{contracts.viewer_meter, kViewerTopUp}}};
    if (auto done = (*chain)->deposit_many(*router, deposit); !done) return tl::unexpected(done.error());
  }
  fs::create_directories(marker.parent_path());
  if (auto done = write_private_file(marker, ""); !done) return tl::unexpected(done.error());
  return contracts;
}

Result<void> announce(const fs::path& data, const DevServices& services, const Secrets& secrets,
                      const DevContracts& contracts, const std::string& listen) {
  JsonObject json;
  json.add("listen", listen);
  if (services.elsewhere) json.add("services", kServicesElsewhere);
  json.add("rpcUrl", services.rpc_url);
  json.add("friendbotUrl", services.friendbot_url);
  json.add("networkPassphrase", services.network_passphrase);
  json.add("router", to_text(contracts.router));
  json.add("platformApiKey", secrets.platform_api_key);
  json.add("databaseUrl", services.database_url);
  const auto person = [&](const char* name, const chain::SecretKey& key) {
    json.begin(name);
    json.add("publicKey", to_text(key.account()));
    json.add("secret", key.seed_text());
  };
  person("viewer", secrets.viewer);
  json.add("meter", to_text(contracts.viewer_meter));
  json.end();
  person("creator", secrets.creator);
  json.end();
  person("operator", secrets.operator_key);
  json.end();
  return write_private_file(dev_json(data), json.text());
}

}  // namespace paytick::app::dev
