#include "app/roles/role_settings.h"

#include <sodium.h>

#include <utility>
#include <vector>

#include "ingest/auth/play_tokens.h"

namespace paytick::app {
namespace {

bool is_set(const std::string& name, const Environment& environment) {
  return !environment("PAYTICK_" + name).empty() || !environment("PAYTICK_" + name + "_FILE").empty();
}

Result<chain::SecretKey> load_key(std::string_view name, const Environment& environment) {
  const auto text = load_secret(name, environment);
  if (!text) return tl::unexpected(text.error());
  auto key = chain::SecretKey::parse(*text);
  if (!key) return fail("secret_bad", "PAYTICK_" + std::string(name) + " is no secret key (S…)");
  return *key;
}

Result<void> check_present(const Config& config, const RoleNeeds& needs) {
  std::vector<std::pair<const std::string*, const char*>> needed;
  if (needs.chain) {
    needed.emplace_back(&config.chain.rpc_url, "chain.rpc_url");
    needed.emplace_back(&config.chain.network_passphrase, "chain.network_passphrase");
    needed.emplace_back(&config.chain.router, "chain.router");
  }
  if (needs.database) needed.emplace_back(&config.database.url, "database.url");
  for (const auto& [value, key] : needed)
    if (value->empty())
      return fail(
          "config_missing",
          std::string(key) + " is not set; see docs/configuration.md, or use --dev to try paytick out");
  return {};
}

bool from_hex(std::string_view text, ingest::SecretBytes& key) {
  std::size_t n = 0;
  return text.size() == 2 * key.size() &&
         sodium_hex2bin(key.data(), key.size(), text.data(), text.size(), nullptr, &n, nullptr) == 0 &&
         n == key.size();
}

// 64 hexadecimal digits.
Result<std::optional<ingest::ResumeTokens::Key>> load_resume_key(const Environment& environment) {
  if (!is_set("RESUME_KEY", environment)) return std::nullopt;
  const auto text = load_secret("RESUME_KEY", environment);
  if (!text) return tl::unexpected(text.error());
  ingest::ResumeTokens::Key key{};
  if (!from_hex(*text, key))
    return fail("secret_bad", "PAYTICK_RESUME_KEY is not 64 hexadecimal digits (openssl rand -hex 32)");
  return key;
}

// As many as that, separated by commas.
Result<std::vector<ingest::SecretBytes>> load_play_keys(const Environment& environment) {
  std::vector<ingest::SecretBytes> keys;
  if (!is_set("PLAY_KEYS", environment)) return keys;
  const auto text = load_secret("PLAY_KEYS", environment);
  if (!text) return tl::unexpected(text.error());
  for (std::string_view rest = *text;;) {
    const auto comma = rest.find(',');
    if (keys.size() == ingest::kPlayKeysMax || !from_hex(rest.substr(0, comma), keys.emplace_back()))
      return fail("secret_bad",
                  "PAYTICK_PLAY_KEYS is not up to eight times 64 hexadecimal digits, separated by commas "
                  "(openssl rand -hex 32)");
    if (comma == rest.npos) return keys;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace

Result<RoleSettings> production_settings(const Config& config, const RoleNeeds& needs) {
  const Environment environment = process_environment();
  if (auto present = check_present(config, needs); !present) return tl::unexpected(present.error());
  RoleSettings settings;
  settings.config = config;
  if (needs.chain) {
    const auto router = parse_id<ContractId>(config.chain.router);
    if (!router)
      return fail("config_bad_value", "chain.router: '" + config.chain.router + "' is no contract id (C…)");
    settings.router = *router;
    auto settler = load_key("SETTLER_SECRET", environment);
    if (!settler) return tl::unexpected(settler.error());
    auto admin = load_key("OPERATOR_SECRET", environment);
    if (!admin) return tl::unexpected(admin.error());
    settings.settler = *settler;
    settings.admin = *admin;
    if (is_set("TREASURY_SECRET", environment)) {
      auto treasury = load_key("TREASURY_SECRET", environment);
      if (!treasury) return tl::unexpected(treasury.error());
      settings.treasury = *treasury;
    }
    if (is_set("SETTLER_CHANNEL_SECRET", environment)) {
      auto channel = load_key("SETTLER_CHANNEL_SECRET", environment);
      if (!channel) return tl::unexpected(channel.error());
      settings.channel = *channel;
    }
  }
  if (needs.platform) {
    if (is_set("PLATFORM_API_KEY", environment)) {
      auto api_key = load_secret("PLATFORM_API_KEY", environment);
      if (!api_key) return tl::unexpected(api_key.error());
      settings.platform_api_key = *api_key;
    }
    auto play_keys = load_play_keys(environment);
    if (!play_keys) return tl::unexpected(play_keys.error());
    settings.play_keys = std::move(*play_keys);
    const auto resume_key = load_resume_key(environment);
    if (!resume_key) return tl::unexpected(resume_key.error());
    settings.resume_key = *resume_key;
  }
  return settings;
}

}  // namespace paytick::app
