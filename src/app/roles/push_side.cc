#include "app/roles/push_side.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>

#include "app/metrics/collectors.h"
#include "app/webhook_config.h"
#include "push/webhook_sender.h"

namespace paytick::app {

struct PushSide::Impl {
  explicit Impl(const RoleContext& given) : context(given) {}

  const RoleContext context;
  metrics::Times attempt_times{metrics::kWriteSeconds};
  std::optional<push::WebhookSender> sender;  // last: its threads use the above
};

PushSide::PushSide(const RoleContext& context) : impl_(std::make_unique<Impl>(context)) {}

PushSide::~PushSide() { stop(); }

Result<void> PushSide::start() {
  const Config& config = impl_->context.settings.config;
  auto targets = webhook_targets(config, process_environment());
  if (!targets) return tl::unexpected(targets.error());
  for (const push::WebhookTarget& target : *targets) spdlog::info("webhook {}: {}", target.name, target.url);
  impl_->sender.emplace(sender_config(config, std::move(*targets)), impl_->context.clock,
                        impl_->context.random,
                        [this](std::chrono::nanoseconds time) { impl_->attempt_times.add(time); });
  impl_->context.metrics.add([this](metrics::Page& page) { collect(page); });
  impl_->sender->start();
  return {};
}

void PushSide::stop() {
  if (impl_->sender) impl_->sender->stop();
}

void PushSide::collect(metrics::Page& page) const {
  metrics::collect_webhooks(page, impl_->sender->status(), impl_->context.clock.now());
  page.set("paytick_webhook_attempt_seconds", impl_->attempt_times);
}

}  // namespace paytick::app
