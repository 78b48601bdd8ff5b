#include "app/dev/role_settings.h"

#include <algorithm>
#include <array>

#include "app/dev/dev_file.h"
#include "app/system_ports.h"
#include "model/hash.h"
#include "settler/dev_chain.h"

namespace paytick::app::dev {

RoleSettings development_settings(Config config, const Secrets& secrets, const Services& services) {
  config.chain.rpc_url = services.rpc_url;
  config.chain.network_passphrase = services.network_passphrase;
  config.chain.router = to_text(services.router);
  config.chain.poll_ms = std::min<std::int64_t>(config.chain.poll_ms, 100);
  config.database.url = services.database_url;
  // Whoever tries paytick out wants to see the money move, and the fee is play money.
  config.settlement.max_age_s = std::min<std::int64_t>(config.settlement.max_age_s, 3);
  config.settlement.max_fee_share_bps = 10'000;
  RoleSettings settings;
  settings.config = std::move(config);
  settings.development = true;
  settings.router = services.router;
  settings.settler = secrets.settler;
  settings.admin = secrets.operator_key;
  settings.treasury = secrets.treasury();
  settings.platform_api_key = secrets.platform_api_key;
  return settings;
}

Result<RoleSettings> development_settings(const Config& config) {
  const auto file = read_dev_file(config.data);
  if (!file) return tl::unexpected(file.error());
  SystemRandom random;
  const auto secrets = load_or_make_secrets(config.data / "secrets.json", random);
  if (!secrets) return tl::unexpected(secrets.error());
  RoleSettings settings = development_settings(
      config, *secrets, {file->rpc_url, file->network_passphrase, file->database_url, file->router});
  // All gateways of the folder share it.
  blake2b("resume key of " + secrets->settler.seed_text(), settings.resume_key.emplace());
  if (const std::string& instance = config.kafka.instance_id; !instance.empty()) {
    // An account of its own for each settler that has a name; made where it is missing.
    std::array<std::uint8_t, 32> seed{};
    blake2b("channel " + instance + " of " + secrets->settler.seed_text(), seed);
    settings.channel = chain::SecretKey::from_seed(seed);
  }
  return settings;
}

Result<void> fund_channel(const RoleSettings& settings) {
  if (!settings.channel) return {};
  const auto file = read_dev_file(settings.config.data);
  if (!file) return tl::unexpected(file.error());
  auto chain = settler::DevChain::connect(file->rpc_url, file->network_passphrase, *settings.admin);
  if (!chain) return tl::unexpected(chain.error());
  const std::array<AccountId, 1> accounts = {settings.channel->account()};
  return (*chain)->fund(file->friendbot_url, accounts);
}

}  // namespace paytick::app::dev
