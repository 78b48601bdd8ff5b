#pragma once
// Sends webhooks beside the projection that fills their outbox. Any number of processes may: they share the
// work.

#include <memory>

#include "app/roles/role_context.h"

namespace paytick::app {

class PushSide {
 public:
  explicit PushSide(const RoleContext& context);
  ~PushSide();  // stop()

  // Errors of webhook_targets() (app/webhook_config.h).
  Result<void> start();
  void stop();  // after the attempts under way

 private:
  void collect(metrics::Page& page) const;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace paytick::app
