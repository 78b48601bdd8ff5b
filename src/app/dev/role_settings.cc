#include "app/dev/role_settings.h"

#include <algorithm>

#include "app/dev/dev_file.h"
#include "app/system_ports.h"
#include "model/hash.h"

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
  return settings;
}

}  // namespace paytick::app::dev
