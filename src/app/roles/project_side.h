#pragma once
// The role that keeps PostgreSQL up to date. Billing does not wait for the database: while it is away the
// projection tries again, and catches up after.

#include <memory>
#include <string>

#include "app/roles/role_context.h"

namespace paytick::app {

class ProjectSide {
 public:
  explicit ProjectSide(const RoleContext& context);
  ~ProjectSide();  // stop()

  Result<void> start();  // asks for partitions
  void stop();           // after the transaction under way

 private:
  void collect(metrics::Page& page) const;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace paytick::app
