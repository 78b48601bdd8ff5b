#pragma once
// [[webhooks]] of the configuration, and what senders and projections make of it.

#include <cstdint>
#include <string>
#include <vector>

#include "app/config.h"
#include "projections/notices.h"
#include "push/webhook_sender.h"

namespace paytick::app {

// Secrets come from PAYTICK_WEBHOOK_<NAME>_SECRET, or a file named by …_FILE; NAME in capitals, with _ for
// whatever is no letter or digit. Codes "config_bad_value", "secret_missing", "secret_bad", naming the
// webhook.
Result<std::vector<push::WebhookTarget>> webhook_targets(const Config& config,
                                                         const Environment& environment);

// What the projection enqueues. Code "config_bad_value".
Result<projections::OutboxSettings> outbox_settings(const Config& config);

// Everything a sender needs but its secrets, which `targets` hold.
push::SenderConfig sender_config(const Config& config, std::vector<push::WebhookTarget> targets);

}  // namespace paytick::app
