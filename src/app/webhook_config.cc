#include "app/webhook_config.h"

#include <set>
#include <utility>

namespace paytick::app {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

auto bad(const Config::Webhook& webhook, const std::string& why) {
  return fail("config_bad_value", "[[webhooks]] '" + webhook.name + "': " + why);
}

std::string secret_name(const std::string& webhook) {
  std::string name = "WEBHOOK_";
  for (const char c : webhook) {
    const bool small = c >= 'a' && c <= 'z';
    const bool plain = small || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += !plain ? '_' : small ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name + "_SECRET";
}

}  // namespace

Result<projections::OutboxSettings> outbox_settings(const Config& config) {
  projections::OutboxSettings settings;
  settings.keep_ms = config.push.keep_minutes * 60'000;
  settings.low_balance_ms = config.push.low_balance_s * 1'000;
  std::set<std::string> secrets;
  for (const Config::Webhook& webhook : config.webhooks) {
    if (webhook.name.empty() || webhook.name.size() > 64)
      return bad(webhook, "a name of 1 to 64 bytes is wanted");
    if (!secrets.insert(secret_name(webhook.name)).second)
      return bad(webhook, "another one's secret would have the same name; choose another name");
    auto& made = settings.webhooks.emplace_back();
    made.name = webhook.name;
    if (!webhook.platform.empty()) {
      made.platform = parse_id<PlatformId>(webhook.platform);
      if (!made.platform)
        return bad(webhook, "platform is no id of a platform: 22 characters of base64url are wanted");
    }
    if (webhook.events.empty()) continue;
    made.types = 0;
    for (const std::string& event : webhook.events) {
      const auto type = projections::parse_notice_type(event);
      if (!type)
        return bad(webhook,
                   "there is no event '" + event +
                       "'; there are halt, low_balance, resumed, closed, settled, tip, frozen and unfrozen");
      made.types |= projections::bit_of(*type);
    }
  }
  return settings;
}

Result<std::vector<push::WebhookTarget>> webhook_targets(const Config& config,
                                                         const Environment& environment) {
  std::vector<push::WebhookTarget> targets;
  for (const Config::Webhook& webhook : config.webhooks) {
    if (!webhook.url.starts_with("https://") && !webhook.private_addresses)
      return bad(webhook, "its url has to begin with https://, unless private_addresses is true");
    const std::string name = secret_name(webhook.name);
    const auto text = load_secret(name, environment);
    if (!text) return tl::unexpected(text.error());
    auto secrets = push::parse_webhook_secrets(*text);
    if (!secrets) return fail("secret_bad", "PAYTICK_" + name + ": " + secrets.error().message);
    targets.push_back({webhook.name, webhook.url, std::move(*secrets), webhook.private_addresses,
                       static_cast<int>(webhook.concurrency)});
  }
  return targets;
}

push::SenderConfig sender_config(const Config& config, std::vector<push::WebhookTarget> targets) {
  push::SenderConfig made;
  made.database_url = config.database.url;
  made.threads = static_cast<int>(config.push.senders);
  made.timeout = std::chrono::milliseconds(config.push.timeout_ms);
  made.retry.first_ms = config.push.retry_first_ms;
  made.retry.max_ms = config.push.retry_max_s * 1'000;
  made.retry.attempts_max = static_cast<std::int32_t>(config.push.attempts_max);
  made.keeping.streams_ms = config.push.keep_minutes * 60'000;
  made.keeping.dead_ms = config.push.dead_days * kDayMs;
  made.keeping.waiting_max = config.push.waiting_max;
  made.keeping.dead_max = config.push.dead_max;
  for (const push::WebhookTarget& target : targets) made.keeping.webhooks.push_back(target.name);
  made.webhooks = std::move(targets);
  return made;
}

}  // namespace paytick::app
